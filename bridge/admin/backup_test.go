package admin

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A backup of several megabytes arrives as it was written, is logged, and its header is told.
func TestABackupArrivesAsItWasWritten(t *testing.T) {
	w := newWorld(t)
	content := make([]byte, 5<<20)
	_, _ = rand.Read(content)
	var sent, got bytes.Buffer
	w.onBackup = func(_ context.Context, to io.Writer) error {
		out, err := backup.NewWriter(io.MultiWriter(to, &sent), backup.Header{Schema: 2, Version: "1.2.3"}, []byte("0123456789abcdef"))
		if err != nil {
			return err
		}
		_, err = out.Write(content)
		return errors.Join(err, out.Close())
	}
	h, size, err := w.client.Backup(t.Context(), &got)
	if err != nil || h.Version != "1.2.3" || !h.Encrypted || size != int64(sent.Len()) || !bytes.Equal(got.Bytes(), sent.Bytes()) {
		t.Errorf("%v, %+v, %d of %d bytes", err, h, size, sent.Len())
	}
	w.end()
	if !strings.Contains(w.logged.String(), "path=/v1/state/backup") || !strings.Contains(w.logged.String(), "operator's request done") {
		t.Errorf("it was not logged:\n%s", w.logged)
	}
}

// A backup that breaks off is an error of the one who asked for it, at whatever moment it does.
func TestABackupThatBreaksOffIsNoneForItsReader(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, bytesBefore := range map[string]int{"before it begins": 0, "in the header": 10, "in a frame": 600_000} {
		w := newWorld(t)
		w.onBackup = func(_ context.Context, to io.Writer) error {
			out, err := backup.NewWriter(&limited{to, bytesBefore}, backup.Header{}, nil)
			if err == nil {
				_, err = io.CopyN(out, rand.Reader, 1<<20)
			}
			return cmp.Or(err, broken)
		}
		_, _, err := w.client.Backup(t.Context(), io.Discard)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if bytesBefore == 0 && !strings.Contains(err.Error(), "disk on fire") {
			t.Errorf("the reason is not told: %v", err)
		}
		w.end()
		if !strings.Contains(w.logged.String(), "operator's request failed") {
			t.Errorf("%s: it was not logged:\n%s", name, w.logged)
		}
	}
}

// limited takes so many bytes, and then breaks.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		n := 0
		if l.left > 0 {
			n, _ = l.to.Write(p[:l.left])
		}
		l.left = 0
		return n, errors.New("disk on fire")
	}
	l.left -= len(p)
	return l.to.Write(p)
}

// There is one backup at a time, and another one after it.
func TestASecondBackupIsRefusedWhileOneIsUnderWay(t *testing.T) {
	w := newWorld(t)
	var second error
	w.onBackup = func(ctx context.Context, to io.Writer) error {
		w.onBackup = nil
		_, _, second = w.client.Backup(ctx, io.Discard)
		return w.Backup(ctx, to)
	}
	for range 2 {
		if _, _, err := w.client.Backup(t.Context(), io.Discard); err != nil {
			t.Error(err)
		}
	}
	if !errors.Is(second, ErrConflict) {
		t.Errorf("the second: %v", second)
	}
}

// The end of the server ends a backup that is under way.
func TestABackupEndsWithTheServer(t *testing.T) {
	w := newWorld(t)
	begun := make(chan struct{})
	w.onBackup = func(ctx context.Context, to io.Writer) error {
		_, err := to.Write([]byte("hookbridge"))
		close(begun)
		<-ctx.Done()
		return errors.Join(err, ctx.Err())
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := w.client.Backup(t.Context(), io.Discard)
		done <- err
	}()
	<-begun
	w.end()
	if err := <-done; err == nil {
		t.Error("a backup that was cut off passed for a whole one")
	}
}

// What a daemon on a full disk refuses is told apart, for the exit status.
func TestAFullDiskIsToldApartByTheClient(t *testing.T) {
	w := newWorld(t)
	w.onBackup = func(context.Context, io.Writer) error { return store.ErrFull }
	if _, _, err := w.client.Backup(t.Context(), io.Discard); !errors.Is(err, store.ErrFull) {
		t.Error(err)
	}
}
