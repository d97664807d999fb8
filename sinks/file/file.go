// Package file is the sink that appends to a file: one line of JSON per event, synced to disk before the
// event counts as delivered. The file may be rotated away at any time, the next event starts a new one. A
// line that a crash or a full disk cut short is closed before the next one, so that only itself is lost to
// a reader, and its event is appended again.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/sinks/internal/line"
)

// mode lets only the daemon's user read what events carry.
const mode = 0o600

var errNotRegular = errors.New("not a regular file, so that nothing written to it would be durable")

// File appends events to one file.
type File struct {
	path string
	gate line.Gate
	open *os.File // nil until the first event, and after an error
}

var _ io.Closer = (*File)(nil)

// Send appends the event, and returns once it is on disk. A write that has begun is not cut off when the
// attempt's time is over.
func (f *File) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	if err := f.gate.Enter(ctx); err != nil {
		return bridge.Receipt{}, &appendError{f.path, err}
	}
	defer f.gate.Leave()
	if err := f.add(line.Of(e)); err != nil {
		return bridge.Receipt{}, &appendError{f.path, errors.Join(cause(err), f.drop())}
	}
	return bridge.Receipt{}, nil
}

// Close closes the file. The caller sends nothing more.
func (f *File) Close() error { return f.drop() }

func (f *File) add(text []byte) error {
	if f.rotated() {
		_ = f.drop() // the file is not ours any more, and all that we wrote is synced
	}
	if err := f.reopen(); err != nil {
		return err
	}
	if _, err := f.open.Write(text); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.FileWritten)
	return f.open.Sync()
}

// rotated tells that the path no longer leads to the open file.
func (f *File) rotated() bool {
	if f.open == nil {
		return false
	}
	ours, err := f.open.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(f.path)
	return err != nil || !os.SameFile(ours, there)
}

// reopen opens the file unless it is open, makes its name durable, and closes a torn last line.
func (f *File) reopen() error {
	if f.open != nil {
		return nil
	}
	if there, err := os.Stat(f.path); err == nil && !there.Mode().IsRegular() {
		return errNotRegular
	}
	opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, mode)
	if err != nil {
		return err
	}
	f.open = opened
	if err := syncFolder(filepath.Dir(f.path)); err != nil {
		return err
	}
	return mend(opened)
}

// mend ends the last line with a line feed where it has none.
func mend(file *os.File) error {
	stat, err := file.Stat()
	if err != nil || stat.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, stat.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.WriteString("\n")
	return err
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// drop closes the file if it is open.
func (f *File) drop() error {
	if f.open == nil {
		return nil
	}
	open := f.open
	f.open = nil
	return cause(open.Close())
}

// cause takes the path out of an error, which its caller names.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok && e == err {
		return e.Err
	}
	return err
}

// An appendError tells which file could not be appended to, and why.
type appendError struct {
	path  string
	cause error
}

func (e *appendError) Error() string { return fmt.Sprintf("append to %q: %s", e.path, e.cause) }
func (e *appendError) Unwrap() error { return e.cause }

// Class names the kind of failure.
func (e *appendError) Class() string { return "file" }
