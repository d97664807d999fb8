package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// liveWait is how long a test waits for what should happen at once, on a machine that has much else to do.
const liveWait = 30 * time.Second

// A live is a hookbridge that runs as a process, again and again over one state.
type live struct {
	testing.TB
	dir     string // short, because the path of a socket is
	command []string

	process *exec.Cmd
	ready   chan struct{} // closed when it polls and delivers
	ended   chan struct{} // closed when it has ended
	log     liveLog
}

// newLive writes the configuration of a hookbridge that is not started yet.
func newLive(t testing.TB, config string) *live {
	t.Helper()
	dir, err := os.MkdirTemp("", "hookbridge-live-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l := &live{TB: t, dir: dir}
	l.configure(config)
	l.command = []string{"hookbridge", "run", "--config", l.config()}
	t.Cleanup(func() {
		l.kill()
		if t.Failed() {
			t.Logf("the daemon said:\n%s", l.log.tail(40))
		}
	})
	return l
}

// configure writes the configuration. The block state is added, with more attributes.
func (l *live) configure(config string, more ...string) {
	l.Helper()
	config = fmt.Sprintf("state {\n  path = %q\n  %s\n}\n%s", l.state(), strings.Join(more, "\n  "), config)
	if err := os.WriteFile(l.config(), []byte(config), 0o600); err != nil {
		l.Fatal(err)
	}
}

func (l *live) config() string { return filepath.Join(l.dir, "hookbridge.hcl") }
func (l *live) state() string  { return filepath.Join(l.dir, "hookbridge-state") }

func (l *live) client() *admin.Client {
	return admin.NewClient("unix:"+filepath.Join(l.state(), "admin.sock"), setting.Secret{})
}

// start starts the process, and does not wait until it is ready.
func (l *live) start(env ...string) {
	l.Helper()
	l.process = exec.Command(l.command[0], l.command[1:]...)
	l.process.Env = append(os.Environ(), env...)
	l.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := l.process.StderrPipe()
	if err != nil {
		l.Fatal(err)
	}
	if err := l.process.Start(); err != nil {
		l.Fatal(err)
	}
	l.ready, l.ended = make(chan struct{}), make(chan struct{})
	go func(process *exec.Cmd, ready, ended chan struct{}) {
		defer close(ended)
		l.log.read(said, ready)
		_ = process.Wait() // that it was killed is no news
	}(l.process, l.ready, l.ended)
}

// mustStart returns when the process polls and delivers.
func (l *live) mustStart(env ...string) {
	l.Helper()
	l.start(env...)
	select {
	case <-l.ready:
	case <-l.ended:
		l.Fatalf("the daemon ended at its start:\n%s", l.log.tail(10))
	case <-time.After(liveWait):
		l.Fatal("the daemon did not start")
	}
}

// kill ends the process, and those that it started, at once, and returns when it is gone.
func (l *live) kill() {
	if l.process == nil {
		return
	}
	select {
	case <-l.ended:
	default:
		_ = syscall.Kill(-l.process.Process.Pid, syscall.SIGKILL)
	}
	select {
	case <-l.ended:
	case <-time.After(liveWait):
		l.Error("the daemon was killed, and is not gone")
	}
}

// stop asks the daemon to end, and checks that it does so in good order.
func (l *live) stop() {
	l.Helper()
	pid, err := os.ReadFile(filepath.Join(l.state(), "LOCK"))
	if err != nil {
		l.Fatal(err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil {
		l.Fatal(err)
	}
	if err := syscall.Kill(number, syscall.SIGTERM); err != nil {
		l.Fatal(err)
	}
	select {
	case <-l.ended:
	case <-time.After(liveWait):
		l.Fatal("the daemon did not stop")
	}
	if status := l.process.ProcessState.ExitCode(); status != 0 {
		l.Errorf("the daemon ended with status %d", status)
	}
}

// poll polls a source now, and checks that the poll went well.
func (l *live) poll(source string) admin.Report {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), liveWait)
	defer cancel()
	report, err := l.client().Poll(ctx, source)
	if err != nil || report.Error != "" {
		l.Fatalf("poll of %s: %v %s", source, err, report.Error)
	}
	return report
}

// say runs a command of hookbridge against the daemon.
func (l *live) say(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, l.command[0], append(args, "--config", l.config())...)
	cmd.Env = append(os.Environ(), "LIFE=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return string(out), err
}

// A liveLog keeps what a process says.
type liveLog struct {
	mu    sync.Mutex
	lines []string
}

// read closes ready at the line that says so, and returns when the process is gone.
func (l *liveLog) read(from io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for started := false; lines.Scan(); {
		l.mu.Lock()
		l.lines = append(l.lines, lines.Text())
		l.mu.Unlock()
		if !started && strings.Contains(lines.Text(), `"msg":"started"`) {
			started = true
			close(ready)
		}
	}
}

func (l *liveLog) tail(most int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-most):], "\n")
}

// liveServe serves on a free loopback port until the test ends, and returns the URL.
func liveServe(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// liveNext returns the next of what a channel brings.
func liveNext[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case one, more := <-from:
		if !more {
			t.Fatalf("%s will not come", what)
		}
		return one
	case <-time.After(liveWait):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// liveStall is how long a queue may stay as long as it is: a sink whose receiver failed is tried once a minute.
const liveStall = 4 * liveWait

// untilSent waits until nothing is pending at any sink, as long as it takes while ever less is, and checks that nothing
// was given up but at the sinks that may.
func (l *live) untilSent(mayBury ...string) {
	l.Helper()
	client, look := l.client(), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for before, fell := 0, time.Now(); ; <-look.C {
		pending, queues := l.pending(client, mayBury)
		if pending == 0 {
			return
		}
		if pending < before {
			fell = time.Now()
		}
		if time.Since(fell) > liveStall {
			l.Fatalf("nothing was sent for %v: the queues are %+v", liveStall, queues)
		}
		before = pending
	}
}

// pending returns how much is pending, and checks that nothing was given up but at the sinks that may.
func (l *live) pending(client *admin.Client, mayBury []string) (sum int, queues map[string]admin.Queue) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), liveWait)
	defer cancel()
	status, err := client.Status(ctx)
	if err != nil {
		l.Fatalf("status: %v", err)
	}
	for sink, queue := range status.Queue {
		sum += queue.Pending
		if queue.Dead > 0 && !slices.Contains(mayBury, sink) {
			l.Fatalf("sink %s: %d dead letters", sink, queue.Dead)
		}
	}
	return sum, status.Queue
}
