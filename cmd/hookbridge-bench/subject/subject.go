// Package subject runs the program under test, hookbridge itself, as a process over a directory of its own.
package subject

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// Options say how the program is run.
type Options struct {
	Binary  string
	Dir     string // of the configuration and the state
	Trace   string // not "": it runs under strace, which logs its syncs to this file
	Profile bool   // it serves profiles
}

// Subject is the program, running.
type Subject struct {
	*admin.Client
	options Options
	socket  string
	process *exec.Cmd
	said    bytes.Buffer
	ended   chan struct{} // closed when it has ended, with
	status  error         // this
	pid     int
	peak    *measure.Sampler // nil where it is traced
	Began   measure.Moment   // it was started
	Ready   measure.Moment   // it polls and delivers
}

func (s *Subject) state() string { return filepath.Join(s.options.Dir, "state") }

// Start starts the program under a configuration, over the state that is there, and returns when it is ready.
func Start(ctx context.Context, o Options, c Config) (*Subject, error) {
	socket, err := o.socketPath()
	if err != nil {
		return nil, err
	}
	s := &Subject{
		Client:  admin.NewClient("unix:"+socket, setting.Secret{}),
		options: o, socket: socket, ended: make(chan struct{}),
	}
	config := filepath.Join(o.Dir, "hookbridge.hcl")
	if err := os.WriteFile(config, []byte(c.text(s.state(), socket)), 0o600); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	command := o.command(config)
	s.process = exec.CommandContext(ctx, command[0], command[1:]...)
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// socketPath names a socket in a directory of its own, because its path may not be as long as that of a state. It is the
// same for a program that starts again, whose configuration is the same then.
func (o Options) socketPath() (string, error) {
	dir := filepath.Join(os.TempDir(), filepath.Base(o.Dir)+".s")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make directory of socket: %w", err)
	}
	return filepath.Join(dir, "s"), nil
}

func (o Options) command(config string) []string {
	command := []string{o.Binary, "run", "--config", config}
	if o.Profile {
		command = append(command, "--pprof")
	}
	if o.Trace != "" {
		command = measure.Traced(o.Trace, command...)
	}
	return command
}

func (s *Subject) start(ctx context.Context) error {
	s.process.Stdout, s.process.Stderr = io.Discard, &s.said
	s.process.WaitDelay = time.Second
	s.Began = measure.Now()
	if err := s.process.Start(); err != nil {
		s.forget()
		return fmt.Errorf("start %s: %w", s.options.Binary, err)
	}
	if s.options.Trace == "" {
		s.pid = s.process.Process.Pid
		s.peak = measure.Sample(ctx, s.pid)
	}
	go func() {
		defer close(s.ended)
		s.status = s.process.Wait()
		s.forget()
	}()
	if err := s.await(ctx); err != nil {
		return errors.Join(err, s.Kill())
	}
	s.Ready = measure.Now()
	return s.identify()
}

// forget removes the socket's directory.
func (s *Subject) forget() { _ = os.RemoveAll(filepath.Dir(s.socket)) }

// await returns when the program is ready.
func (s *Subject) await(ctx context.Context) error {
	for s.Client.Ready(ctx) != nil {
		select {
		case <-s.ended:
			return fmt.Errorf("the program ended at its start: %w\n%s", s.status, s.said.String())
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// identify finds the number of the program's process, which strace may have started. It stands in the state.
func (s *Subject) identify() error {
	text, err := os.ReadFile(filepath.Join(s.state(), "LOCK"))
	if err == nil {
		s.pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("find process of the program: %w", err), s.Kill())
	}
	return nil
}

// PID is the number of the program's process.
func (s *Subject) PID() int { return s.pid }

// Peak is the most anonymous memory that the program was seen to hold since its start or the last call, which begins
// anew. It is 0 where the program is traced.
func (s *Subject) Peak(ctx context.Context) int64 {
	if s.peak == nil {
		return 0
	}
	peak := s.peak.Peak()
	s.peak = measure.Sample(ctx, s.pid)
	return peak
}

// Said is what the program has logged, once it has ended.
func (s *Subject) Said() string { return s.said.String() }

// Stop ends the program in good order.
func (s *Subject) Stop() error {
	select {
	case <-s.ended: // by itself
		return fmt.Errorf("the program ended before it was told to: %w\n%s", s.status, s.said.String())
	default:
	}
	if err := syscall.Kill(s.pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the program: %w", err)
	}
	<-s.ended
	if s.status != nil {
		return fmt.Errorf("stop the program: %w\n%s", s.status, s.said.String())
	}
	return nil
}

// Kill ends the program at once. It may have ended already.
func (s *Subject) Kill() error {
	if s.pid > 0 {
		_ = syscall.Kill(s.pid, syscall.SIGKILL) // the tracer ends with it
	} else {
		_ = s.process.Process.Kill()
	}
	<-s.ended
	return nil
}
