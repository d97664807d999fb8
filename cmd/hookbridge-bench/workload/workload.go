// Package workload holds the benchmarks: one for each bar, and each checks that what it measured was right.
//
// Polls are driven through the operators' API and not by the schedule, except where the schedule is what is measured:
// a poll that is asked for begins and ends when the suite knows it, the request costs a fraction of a millisecond, and
// nothing else happens in the program meanwhile. What a poll costs is the processor time of the whole process from
// before it until the process is at rest again, over several polls, so that starting up does not count.
//
// Ours and the yardstick run in turn over the same upstream, and the ratio is taken of each pair.
package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
)

// Bench is what workloads run with.
type Bench struct {
	Binary  string // of the program
	Dir     string // where states lie
	Peers   string // where peers are installed
	Runs    int
	Short   bool      // small sizes, to see that all is right
	Growth  bool      // also measure what only plots show
	Profile string    // not "": the directory to which profiles of the program are written
	Say     io.Writer // hears of what is done
}

// Workload is one benchmark.
type Workload struct {
	Name  string
	Title string
	run   func(*Bench, context.Context) (Outcome, error)
}

// Outcome is what came of a workload.
type Outcome struct {
	Rows   []report.Row
	Growth []report.Growth
}

// All are the workloads, in the order of the bars.
func All() []Workload {
	return []Workload{
		{"v1", "nothing changed, but a field outside the list", (*Bench).outside},
		{"v2", "nothing changed, but a field under ignore in each item", (*Bench).ignored},
		{"v3", "the same body to the byte", (*Bench).same},
		{"v4", "not modified", (*Bench).notModified},
		{"v5", "one item in a hundred changed", (*Bench).changed},
		{"v6", "the first poll of a large list", (*Bench).first},
		{"v7", "a large list unchanged", (*Bench).large},
		{"v8", "cost per item as lists grow", (*Bench).growing},
		{"v9", "deliveries to an instant receiver", (*Bench).deliveries},
		{"v10", "a burst to a slow receiver", (*Bench).burst},
		{"v11", "from the answer to the webhook", (*Bench).latency},
		{"v12", "many sources", (*Bench).sources},
		{"v13", "a start with much of everything", (*Bench).start},
		{"v14", "a sink that is down", (*Bench).backlog},
		{"v15", "binary and idle daemon", (*Bench).footprint},
		{"v16", "what people use instead", (*Bench).peers},
		{"pages", "nothing changed in a list of many pages", (*Bench).pages},
		{"failing", "a receiver that fails three requests in ten", (*Bench).failing},
	}
}

// Pick returns the workloads of these names. The names all and short stand for none in particular: where no other is
// among them, it is all workloads.
func Pick(names []string) ([]Workload, error) {
	all := All()
	var picked []Workload
	for _, name := range names {
		if name == "all" || name == Short {
			continue
		}
		at := slices.IndexFunc(all, func(w Workload) bool { return strings.EqualFold(w.Name, name) })
		if at < 0 {
			return nil, fmt.Errorf("there is no workload %q: they are %s", name, strings.Join(Names(), ", "))
		}
		picked = append(picked, all[at])
	}
	switch {
	case len(names) == 0:
		return nil, errors.New("name workloads, or all, or short: " + strings.Join(Names(), ", "))
	case len(picked) == 0:
		return all, nil
	}
	return picked, nil
}

// Short is the name that makes sizes small.
const Short = "short"

// Names are those of the workloads.
func Names() []string {
	var names []string
	for _, w := range All() {
		names = append(names, w.Name)
	}
	return names
}

// Run runs a workload.
func (w Workload) Run(ctx context.Context, b *Bench) (Outcome, error) {
	b.say("%s: %s", w.Name, w.Title)
	began := time.Now()
	outcome, err := w.run(b, ctx)
	if err != nil {
		err = fmt.Errorf("workload %s: %w", w.Name, err)
		b.say("  %v", err)
		return outcome, err
	}
	if b.Short { // where figures tell nothing, nothing is asked of them
		for i := range outcome.Rows {
			outcome.Rows[i].Need = report.Need{}
		}
	}
	b.say("  took %s", time.Since(began).Round(100*time.Millisecond))
	return outcome, nil
}

func (b *Bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Say, format+"\n", args...)
}

// size is how much of something there is.
func (b *Bench) size(full, short int) int {
	if b.Short {
		return short
	}
	return full
}

// few is the number of runs of workloads that take minutes.
func (b *Bench) few() int { return (b.Runs + 1) / 2 }
