package main

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A traceCall is a system call of a trace: begin and end are the places, in the order of all that happened, at
// which it was entered and had returned.
type traceCall struct {
	name       string
	args       string // with what is behind each descriptor, as strace -y tells it
	result     string
	begin, end int
}

// reads reports whether the call read text.
func (c traceCall) reads(text string) bool { return c.name == "read" && strings.Contains(c.args, text) }

// sends reports whether the call wrote text.
func (c traceCall) sends(text string) bool {
	return (strings.HasPrefix(c.name, "write") || strings.HasPrefix(c.name, "send")) && strings.Contains(c.args, text)
}

type traceCalls []traceCall

// first returns the first call that matches and was entered after a place.
func (all traceCalls) first(t *testing.T, what string, after int, matches func(traceCall) bool) traceCall {
	t.Helper()
	for _, c := range all {
		if c.begin > after && matches(c) {
			return c
		}
	}
	t.Fatalf("the trace of %d calls does not show %s", len(all), what)
	panic("unreachable")
}

// syncs reports whether the call synced something to disk.
func (c traceCall) syncs() bool {
	return c.result == "0" &&
		(c.name == "fsync" || c.name == "fdatasync" || c.name == "msync" && strings.Contains(c.args, "MS_SYNC"))
}

// synced returns the file that a call synced. Of a mapping, it is the file that is mapped there.
func (all traceCalls) synced(c traceCall) string {
	if c.name == "msync" {
		return all.mapped(c)
	}
	return traceFile(c.args)
}

// between returns the files whose sync was entered after a place and had returned, without an error, before
// another.
func (all traceCalls) between(after, before int) (files []string) {
	for _, c := range all {
		if c.begin >= after && c.end <= before && c.syncs() {
			files = append(files, all.synced(c))
		}
	}
	return files
}

// mapped returns the file that was mapped last where a sync of memory begins.
func (all traceCalls) mapped(sync traceCall) (file string) {
	first, _, _ := strings.Cut(sync.args, ",")
	address := traceNumber(first)
	for _, c := range all {
		if c.name != "mmap" || c.end > sync.begin || c.result == "" {
			continue
		}
		args := strings.Split(c.args, ", ")
		from, length := traceNumber(c.result), traceNumber(args[1])
		if from <= address && address < from+length {
			file = traceFile(c.args)
		}
	}
	return file
}

// traceFile returns the path behind the descriptor among the arguments.
func traceFile(args string) string {
	_, rest, _ := strings.Cut(args, "<")
	path, _, _ := strings.Cut(rest, ">")
	return path
}

func traceNumber(text string) uint64 {
	number, _ := strconv.ParseUint(text, 0, 64)
	return number
}

// readTrace reads what strace -f wrote: one line for each call, or two where something else happened between
// its entry and its return.
func readTrace(t testing.TB, path string) (all traceCalls) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var (
		whole      = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (\S+)`)
		unfinished = regexp.MustCompile(`^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$`)
		resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (\S+)`)
	)
	open := map[string]traceCall{} // entered and not returned, by process
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for place := 1; lines.Scan(); place++ {
		line := lines.Text()
		if m := whole.FindStringSubmatch(line); m != nil {
			all = append(all, traceCall{name: m[2], args: m[3], result: m[4], begin: place, end: place})
		} else if m := unfinished.FindStringSubmatch(line); m != nil {
			open[m[1]] = traceCall{name: m[2], args: m[3], begin: place}
		} else if m := resumed.FindStringSubmatch(line); m != nil {
			call := open[m[1]]
			call.args, call.result, call.end = call.args+m[3], m[4], place
			all = append(all, call)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
