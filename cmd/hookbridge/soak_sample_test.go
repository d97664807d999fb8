package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A soakSample is what the daemon takes at a moment, and what it has done until then.
type soakSample struct {
	at         time.Duration
	memory     int // anonymous, in KiB
	goroutines int
	files      int // open
	state      int // KiB on disk
	pending    int
	polls      int
	events     int
	deliveries int
}

// watch takes samples until the load ends.
func (s *soak) watch(ctx context.Context, every time.Duration) {
	ticker, began := time.NewTicker(every), time.Now()
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			s.Fatalf("the daemon ended:\n%s", s.log.tail(20))
		case <-ticker.C:
			s.samples = append(s.samples, s.sample(time.Since(began)))
		}
	}
}

func (s *soak) sample(at time.Duration) soakSample {
	text, err := s.client().Metrics(s.Context())
	if err != nil {
		s.Errorf("metrics: %v", err)
	}
	metrics := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ = strings.Cut(name, "{")
		if i := strings.LastIndexByte(value, ' '); i < 0 {
			number, _ := strconv.ParseFloat(value, 64)
			metrics[name] += number
		}
	}
	proc := fmt.Sprintf("/proc/%d/", s.process.Process.Pid)
	files, err := os.ReadDir(proc + "fd")
	if err != nil || metrics["go_goroutines"] == 0 {
		s.Errorf("sample: %v, %v goroutines", err, metrics["go_goroutines"])
	}
	return soakSample{
		at: at, memory: s.anonymous(proc + "status"), goroutines: int(metrics["go_goroutines"]), files: len(files),
		state: s.size(), pending: int(metrics["hookbridge_outbox_deliveries"]), polls: int(metrics["hookbridge_polls_total"]),
		events: int(metrics["hookbridge_events_total"]), deliveries: int(metrics["hookbridge_deliveries_total"]),
	}
}

// anonymous returns the memory of a process that no file backs, in KiB.
func (s *soak) anonymous(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		s.Errorf("read memory: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "RssAnon:" {
			size, _ := strconv.Atoi(fields[1])
			return size
		}
	}
	s.Errorf("%s does not tell the anonymous memory", path)
	return 0
}

// size returns what the state takes on disk, in KiB.
func (s *soak) size() (kib int) {
	_ = filepath.WalkDir(s.state(), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it was removed meanwhile
		}
		if stat, err := entry.Info(); err == nil && stat.Mode().IsRegular() {
			kib += int(stat.Size() >> 10)
		}
		return nil
	})
	return kib
}

// soakFlat is from which length on a run tells whether something grows, and soakSwept whether the state does:
// history is removed every ten minutes.
const (
	soakFlat  = 10 * time.Minute
	soakSwept = 45 * time.Minute
)

// A soakBound is what may be taken at most, and how much more of it in the last quarter of a long run than in the
// second: a tenth, and a little more.
type soakBound struct {
	name   string
	of     func(soakSample) int
	most   int
	little int
	from   time.Duration
}

// judge prints what the daemon took, and checks it.
func (s *soak) judge(span time.Duration) {
	if len(s.samples) < 8 {
		s.Fatalf("only %d samples in %s", len(s.samples), span)
	}
	step := max(1, len(s.samples)/20)
	for i := step - 1; i < len(s.samples); i += step {
		one := s.samples[i]
		s.Logf("%8s: memory %6d KiB, %3d goroutines, %3d files, state %6d KiB, %5d pending, %7d polls, %7d events, %7d deliveries",
			one.at.Round(time.Second), one.memory, one.goroutines, one.files, one.state, one.pending, one.polls, one.events, one.deliveries)
	}
	for _, bound := range []soakBound{
		{"KiB of memory", func(x soakSample) int { return x.memory }, 400 << 10, 8 << 10, soakFlat},
		{"goroutines", func(x soakSample) int { return x.goroutines }, 1500, 20, soakFlat},
		{"files", func(x soakSample) int { return x.files }, 1000, 20, soakFlat},
		{"KiB of state", func(x soakSample) int { return x.state }, 2 << 20, 64 << 10, soakSwept},
	} {
		s.flat(bound, span)
	}
}

func (s *soak) flat(b soakBound, span time.Duration) {
	quarter := len(s.samples) / 4
	early, late := s.median(b, quarter), s.median(b, len(s.samples)-quarter)
	most := b.of(slices.MaxFunc(s.samples, func(x, y soakSample) int { return b.of(x) - b.of(y) }))
	s.Logf("%s: %d in the second quarter, %d in the last, %d at most", b.name, early, late, most)
	if most > b.most {
		s.Errorf("%d %s, more than %d", most, b.name, b.most)
	}
	if span >= b.from && late > early+early/10+b.little {
		s.Errorf("%s grew from %d to %d", b.name, early, late)
	}
}

// median returns that of a quarter of the samples.
func (s *soak) median(b soakBound, from int) int {
	var all []int
	for _, one := range s.samples[from : from+len(s.samples)/4] {
		all = append(all, b.of(one))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
