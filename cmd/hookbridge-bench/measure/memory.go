package measure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// Memory is what a process holds, in bytes.
type Memory struct {
	Anonymous int64 // RssAnon: what only this process has, and no file could give back
	File      int64 // RssFile: mapped files in memory
	Resident  int64 // VmRSS: both
	Peak      int64 // VmHWM: the most that was ever resident, mapped files included
}

// MemoryOf reads the memory of a process from /proc.
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, fmt.Errorf("read memory of process %d: %w", pid, err)
	}
	return Memory{
		Anonymous: sizeIn(text, "RssAnon"), File: sizeIn(text, "RssFile"),
		Resident: sizeIn(text, "VmRSS"), Peak: sizeIn(text, "VmHWM"),
	}, nil
}

// sizeIn reads a line such as "VmRSS:  1234 kB".
func sizeIn(status []byte, name string) int64 {
	_, rest, _ := bytes.Cut(status, []byte("\n"+name+":"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kilobytes << 10
}

// SampleEvery is how often a [Sampler] looks.
const SampleEvery = 10 * time.Millisecond

// A Sampler keeps the most anonymous memory that a process was seen to hold: the kernel keeps such a mark only of
// all resident memory.
type Sampler struct {
	stop context.CancelFunc
	done sync.WaitGroup
	peak int64
}

// Sample watches a process until it ends or [Sampler.Peak] is called.
func Sample(ctx context.Context, pid int) *Sampler {
	ctx, stop := context.WithCancel(ctx)
	s := &Sampler{stop: stop}
	s.done.Go(func() {
		for {
			memory, err := MemoryOf(pid)
			s.peak = max(s.peak, memory.Anonymous)
			if err != nil || Wait(ctx, SampleEvery) != nil {
				return
			}
		}
	})
	return s
}

// Peak stops the sampling, and returns the most that was seen.
func (s *Sampler) Peak() int64 {
	s.stop()
	s.done.Wait()
	return s.peak
}
