package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// fullSize is that of the disk which is filled, fullRate how fast: about as fast as a disk takes it. Polls go on where
// fullEasy is left, and queues drain where fullLeft is.
const (
	fullSize  = "800m"
	fullRate  = 200 << 20 // bytes a second
	fullEasy  = 480 << 20
	fullLeft  = 256 << 20
	fullItems = 400
)

// A full is a daemon on a small disk.
type full struct {
	*live
	api      *crashAPI
	sink     crashSink
	receiver *crashReceiver
	life     int
	stopped  map[int]bool  // lives that ended with nothing in flight
	polled   chan struct{} // a poll that the test asked for went well
	free     func()        // gives back the room that was filled, if any
}

func newFull(t *testing.T) *full {
	t.Helper()
	seed, secret := crashSeed(t), signature.NewSecret()
	shape := crashShape{name: "heavy", size: 16 << 10, keys: fullItems, burst: fullItems / 4, answer: (*crashAPI).single}
	f := &full{
		api: newCrashAPI(shape, seed, func() {}), sink: crashSink{name: "receiver", order: "key", attempts: 4},
		stopped: map[int]bool{}, polled: make(chan struct{}, 1), free: func() {},
	}
	f.api.soothe()
	f.receiver = newCrashReceiver(t, f.sink, secret, seed, func() {})
	f.receiver.set(false, true, false)
	source := shape.config(liveServe(t, f.api.ServeHTTP), "sink.receiver", 0)
	f.live = newLive(t, f.sink.config(liveServe(t, f.receiver.ServeHTTP), secret, 0)+source)
	mountSmall(t, f.state(), fullSize)
	t.Cleanup(func() { f.free() })
	return f
}

// mountSmall mounts a disk in memory for as long as the test takes.
func mountSmall(t *testing.T, path, size string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size="+size); err != nil {
		lacks(t, fmt.Sprintf("mounting a small disk takes root: %v", err))
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
}

// begin starts the next life.
func (f *full) begin() {
	f.Helper()
	f.life++
	f.mustStart(fmt.Sprintf("LIFE=%d", f.life))
}

// operate does something with the sink.
func (f *full) operate(do func(*admin.Client, context.Context, string) (admin.Sink, error)) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), liveWait)
	defer cancel()
	if _, err := do(f.client(), ctx, f.sink.name); err != nil {
		f.Fatal(err)
	}
}

// listings returns how often the API was asked.
func (f *full) listings() int {
	f.api.mu.Lock()
	defer f.api.mu.Unlock()
	return len(f.api.ledger)
}

// polling polls without a pause, and lets the collection change after each poll that went well, until it is told to
// stop or the daemon does not answer.
func (f *full) polling() (stop func()) {
	ctx, cancel := context.WithCancel(f.Context())
	client, pause := f.client(), time.NewTicker(time.Millisecond)
	var running sync.WaitGroup
	running.Go(func() {
		defer pause.Stop()
		for ; ctx.Err() == nil; <-pause.C {
			report, err := client.Poll(ctx, "heavy")
			if err != nil {
				return
			}
			if report.Error == "" {
				f.api.keep(report)
				f.api.change()
				crashSignal(f.polled)
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// fill writes until no more than so many bytes are left of the disk, at last so many bytes a second, 0 for as fast as it
// can, and from then on takes what others give back, until it gives back all itself.
func (f *full) fill(rate int, left uint64) {
	f.Helper()
	file, err := os.Create(filepath.Join(f.state(), "tmp", "filler"))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.Context())
	if err := fillOnce(ctx, file, 0, fullEasy); !errors.Is(err, unix.ENOSPC) {
		f.Fatal(err)
	}
	filled := make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() {
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for ; ctx.Err() == nil; <-look.C {
			switch err := fillOnce(ctx, file, rate/200, left); {
			case errors.Is(err, unix.ENOSPC):
				crashSignal(filled)
			case err != nil && ctx.Err() == nil:
				f.Error(err)
			}
		}
	})
	f.free = func() {
		cancel()
		running.Wait()
		f.free = func() {}
		if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			f.Error(err)
		}
	}
	liveNext(f, filled, "the end of the disk")
}

// fillOnce writes so many bytes, 0 for all that there are. It returns ENOSPC where no more than what is to be left is.
func fillOnce(ctx context.Context, file *os.File, most int, left uint64) error {
	chunk := make([]byte, 1<<20)
	for written := 0; most == 0 || written < most; written += len(chunk) {
		var stat unix.Statfs_t
		if err := errors.Join(ctx.Err(), unix.Fstatfs(int(file.Fd()), &stat)); err != nil {
			return err
		}
		if left > 0 && stat.Bavail*uint64(stat.Bsize) <= left {
			return unix.ENOSPC
		}
		if _, err := file.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

// until waits for a state of the source, and reports whether the daemon was still alive then.
func (f *full) until(what string, is func(admin.Source) bool) (last admin.Source, alive bool) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), liveWait)
	defer cancel()
	client, look := f.client(), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		source, err := client.Source(ctx, "heavy")
		if ctx.Err() != nil {
			f.Fatalf("waited in vain until the source is %s; it was %+v: %v\n%s", what, last, err, f.log.tail(20))
		}
		select {
		case <-f.ended:
			return last, false
		default:
		}
		if err == nil && is(source) {
			return source, true
		}
		if err == nil {
			last = source
		}
	}
}

func isBlocked(s admin.Source) bool { return s.State == admin.StateBlocked }

// untilBlocked waits until the daemon says why it does not poll, everywhere that it should.
func (f *full) untilBlocked() {
	f.Helper()
	source, alive := f.until("blocked", isBlocked)
	if !alive {
		f.Fatalf("the daemon has ended:\n%s", f.fault())
	}
	const why = "disk is almost full"
	if !strings.Contains(source.Reason, why) || source.Failures > 0 {
		f.Errorf("%+v", source)
	}
	ctx, cancel := context.WithTimeout(f.Context(), liveWait)
	defer cancel()
	if err := f.client().Ready(ctx); err == nil || !strings.Contains(err.Error(), why) {
		f.Errorf("readyz: %v", err)
	}
	if err := f.client().Alive(ctx); err != nil {
		f.Errorf("healthz: %v", err)
	}
	if report, err := f.client().Poll(ctx, "heavy"); err != nil || !strings.Contains(report.Error, store.ErrFull.Error()) {
		f.Errorf("a poll on the full disk: %v, %q", err, report.Error)
	}
	if out, err := f.say(ctx, "source", "list"); err != nil || !strings.Contains(out, "blocked") || !strings.Contains(out, why) {
		f.Errorf("source list: %v\n%s", err, out)
	}
}

// untilPolled waits until the daemon has polled by itself.
func (f *full) untilPolled() {
	f.Helper()
	began := time.Now()
	if _, alive := f.until("polled", func(s admin.Source) bool { return s.Polled.After(began) }); !alive {
		f.Fatalf("the daemon has ended:\n%s", f.fault())
	}
}

// refused starts the daemon on the full disk.
func (f *full) refused() {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), liveWait)
	defer cancel()
	out, err := f.say(ctx, "run")
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 3 || !strings.Contains(out, "disk is almost full") || !strings.Contains(out, "MiB are needed") {
		f.Errorf("a start on a full disk: %.1000v", err)
	}
}

// fault is what a daemon said at its end that did not end well.
func (f *full) fault() string {
	said := f.log.tail(1 << 20)
	for _, word := range []string{"SIGBUS", "unexpected fault", "panic:", "fatal error"} {
		if at := strings.Index(said, word); at >= 0 {
			return said[at:min(len(said), at+3000)]
		}
	}
	return f.log.tail(20)
}
