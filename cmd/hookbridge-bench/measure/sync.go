package measure

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// CanTrace reports whether strace is there.
func CanTrace() bool {
	_, err := exec.LookPath("strace")
	return err == nil
}

// Traced is a command under strace, which writes each sync of the program's files to a log. It filters in the kernel,
// so that other calls cost nothing.
func Traced(log string, command ...string) []string {
	return append([]string{
		"strace", "-f", "--seccomp-bpf", "-ttt", "-qq", "-o", log, "-e", "signal=none",
		"-e", "trace=fsync,fdatasync,msync,sync_file_range,syncfs,sync",
	}, command...)
}

// Syncs reads from the log of a traced program when each of its syncs began, on the clock on the wall.
func Syncs(log string) ([]time.Time, error) {
	file, err := os.Open(log)
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	defer file.Close()
	var all []time.Time
	for lines := bufio.NewScanner(file); ; {
		if !lines.Scan() {
			return all, lines.Err()
		}
		if at, ok := syncOf(lines.Text()); ok {
			all = append(all, at)
		}
	}
}

// syncOf reads a line such as "4711 1764.123456 fdatasync(7) = 0". The second half of a call that was interrupted by
// another thread's is no call of its own.
func syncOf(line string) (time.Time, bool) {
	fields := strings.Fields(line)
	if len(fields) < 3 || !strings.Contains(fields[2], "(") {
		return time.Time{}, false
	}
	seconds, micros, _ := strings.Cut(fields[1], ".")
	whole, err := strconv.ParseInt(seconds, 10, 64)
	part, partErr := strconv.ParseInt(micros, 10, 64)
	return time.Unix(whole, part*int64(time.Microsecond)), err == nil && partErr == nil
}

// Between counts the instants from one to another.
func Between(all []time.Time, from, to time.Time) int {
	count := 0
	for _, at := range all {
		if !at.Before(from) && at.Before(to) {
			count++
		}
	}
	return count
}

// Wall is a moment on the clock on the wall, as far as that stood still since.
func (m Moment) Wall() time.Time { return time.Now().Add(m.Sub(Now())) }
