package measure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A process is calm where it has written nothing for as long.
const (
	calmFor    = time.Second
	calmWithin = time.Minute
)

// Calm returns when a process that still has work to do has written nothing to files for a second. One that writes all
// the time is not waited for longer than a minute.
func Calm(ctx context.Context, pid int) error {
	for began := Now(); Now().Sub(began) < calmWithin; {
		before, err := written(pid)
		if err != nil {
			return err
		}
		if err := Wait(ctx, calmFor); err != nil {
			return err
		}
		after, err := written(pid)
		if err != nil || after == before {
			return err
		}
	}
	return nil
}

// written is how many bytes of files a process has made dirty, mapped ones included.
func written(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0, fmt.Errorf("read what process %d has written: %w", pid, err)
	}
	_, rest, _ := bytes.Cut(text, []byte("\nwrite_bytes: "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return strconv.ParseInt(string(line), 10, 64)
}
