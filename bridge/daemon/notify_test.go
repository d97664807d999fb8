package daemon

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// O4: the watchdog is fed three times in its time for as long as the loops make progress, and only then.
func TestAWatchdogIsNotFedWhileALoopStandsStill(t *testing.T) {
	socket := listenForNotes(t)
	synctest.Test(t, func(t *testing.T) {
		var stuck atomic.Bool
		alive := func(context.Context) error {
			if stuck.Load() {
				return errors.New("a loop stands still")
			}
			return nil
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- Notifier{Enabled: true, Watchdog: time.Minute}.feed(ctx, alive) }()
		time.Sleep(time.Minute + time.Second)
		stuck.Store(true)
		time.Sleep(time.Minute)
		stuck.Store(false)
		time.Sleep(20 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if got := strings.Join(notes(t, socket), " "); got != "WATCHDOG=1 WATCHDOG=1 WATCHDOG=1 WATCHDOG=1 STOPPING=1" {
		t.Errorf("the service manager heard %q", got)
	}
}

// O4: a sink that hangs for ever is what the watchdog is for. The log says why, once.
func TestADeliveryThatNeverEndsIsNotTakenForProgress(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		w.deaf = true
		letGo := w.holds()
		w.polls("things")
		w.reloads(strings.Replace(one, "retry", "note = \"+\"\n  retry", 1))
		if err := w.watched(w.Context()); err != nil {
			t.Errorf("no progress right after a reload: %v", err)
		}
		time.Sleep(3 * time.Minute)
		for range 2 {
			if err := w.watched(w.Context()); err == nil || !strings.Contains(err.Error(), `sink "out" stands still`) {
				t.Errorf("a sink that hangs is taken for progress: %v", err)
			}
		}
		if status, body := w.gets("/healthz"); status != 503 || !strings.Contains(body, "stands still") {
			t.Errorf("/healthz answers %d %s", status, body)
		}
		letGo()
		time.Sleep(time.Second)
		if err := w.watched(w.Context()); err != nil {
			t.Errorf("no progress after the sink went on: %v", err)
		}
		for _, line := range []string{"no progress, the watchdog is not fed", "progress again, the watchdog is fed"} {
			if count := strings.Count(w.log.String(), line); count != 1 {
				t.Errorf("%q is logged %d times", line, count)
			}
		}
		w.ends()
	})
}

func TestWithoutAServiceManagerNobodyIsTold(t *testing.T) {
	socket := listenForNotes(t)
	Notifier{}.ready("status")
	Notifier{}.reloading()
	Notifier{}.stopping()
	if got := notes(t, socket); len(got) != 0 {
		t.Errorf("a notifier that is off said %q", got)
	}
}

// listenForNotes stands in for the service manager.
func listenForNotes(t *testing.T) *net.UnixConn {
	t.Helper()
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv("NOTIFY_SOCKET", address.Name)
	return socket
}

// notes returns what the service manager was told so far.
func notes(t *testing.T, socket *net.UnixConn) (all []string) {
	t.Helper()
	if err := socket.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		text := make([]byte, 4096)
		n, err := socket.Read(text)
		if err != nil {
			return all
		}
		all = append(all, string(text[:n]))
	}
}
