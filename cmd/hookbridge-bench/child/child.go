// Package child runs parts of the suite as processes of their own, so that what they cost does not count as somebody
// else's. A child is this same program under another subcommand; the two speak net/rpc over its standard input and
// output, so that a child ends when its parent does.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"time"
)

// name is what the one service of a child is called on the wire.
const name = "Part"

// Serve answers the process that started this one with the exported methods of a service, and returns when that hangs
// up. Nothing else may use the standard input and output.
func Serve(service any) error {
	server := rpc.NewServer()
	if err := server.RegisterName(name, service); err != nil {
		return fmt.Errorf("register service: %w", err)
	}
	server.ServeConn(pipes{os.Stdin, os.Stdout})
	return nil
}

// pipes are two one-way streams as one.
type pipes struct {
	io.ReadCloser
	io.WriteCloser
}

func (p pipes) Close() error { return errors.Join(p.ReadCloser.Close(), p.WriteCloser.Close()) }

// Child is a part that runs.
type Child struct {
	process *exec.Cmd
	client  *rpc.Client
}

// Start runs this program under a subcommand, which calls [Serve].
func Start(ctx context.Context, subcommand string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	process := exec.CommandContext(ctx, self, subcommand)
	process.Stderr, process.WaitDelay = os.Stderr, time.Second
	in, err := process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", subcommand, err)
	}
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", subcommand, err)
	}
	return &Child{process: process, client: rpc.NewClient(pipes{out, in})}, nil
}

// PID is the number of the child's process.
func (c *Child) PID() int { return c.process.Process.Pid }

// Call calls a method of the child's service, and returns early, without an answer, when ctx ends.
func (c *Child) Call(ctx context.Context, method string, args, reply any) error {
	call := c.client.Go(name+"."+method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-call.Done:
		if call.Error != nil {
			return fmt.Errorf("call %s: %w", method, call.Error)
		}
		return nil
	}
}

// Close hangs up, whereupon the child ends, and waits for that.
func (c *Child) Close() error {
	_ = c.client.Close() // the child may have gone already
	return c.process.Wait()
}
