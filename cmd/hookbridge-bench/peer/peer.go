// Package peer runs what people use instead of hookbridge, where install.sh has installed it, on the work of the
// benchmarks.
package peer

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The configurations.
var (
	//go:embed benthos.yaml
	benthosConfig []byte

	//go:embed node-red.json
	nodeRedFlow []byte

	//go:embed settings.js
	nodeRedSettings []byte
)

// Peer is a program that polls a list, and sends what is new in it.
type Peer struct {
	Name    string
	program string            // below the directory of peers
	files   map[string][]byte // its configuration
	command func(program, home string) []string
}

// All are the peers.
func All() []Peer {
	return []Peer{
		{
			Name: "Benthos", program: "benthos/benthos", files: map[string][]byte{"benthos.yaml": benthosConfig},
			command: func(program, home string) []string {
				return []string{program, "run", filepath.Join(home, "benthos.yaml")}
			},
		},
		{
			Name: "Node-RED", program: "node-red/node_modules/node-red/red.js",
			files: map[string][]byte{"flow.json": nodeRedFlow, "settings.js": nodeRedSettings},
			command: func(program, home string) []string {
				return []string{
					"node", "--max-old-space-size=8192", program, "--userDir", home,
					"--settings", filepath.Join(home, "settings.js"), filepath.Join(home, "flow.json"),
				}
			},
		},
	}
}

// Installed reports whether the peer is in a directory.
func (p Peer) Installed(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, p.program))
	return err == nil
}

// Options say what a peer works on.
type Options struct {
	Dir      string        // of peers
	Home     string        // an empty directory for what the peer keeps
	Upstream string        // URL of a list
	Receiver string        // URL to which items are sent
	Every    time.Duration // whole seconds
}

// Running is a peer that runs.
type Running struct {
	process *exec.Cmd
	said    bytes.Buffer
	ended   chan struct{}
}

// Start starts the peer.
func (p Peer) Start(ctx context.Context, o Options) (*Running, error) {
	for name, text := range p.files {
		if err := os.WriteFile(filepath.Join(o.Home, name), text, 0o600); err != nil {
			return nil, fmt.Errorf("write configuration of %s: %w", p.Name, err)
		}
	}
	command := p.command(filepath.Join(o.Dir, p.program), o.Home)
	r := &Running{process: exec.CommandContext(ctx, command[0], command[1:]...), ended: make(chan struct{})}
	r.process.Env = append(os.Environ(),
		"UPSTREAM="+o.Upstream, "RECEIVER="+o.Receiver, "SECONDS_BETWEEN="+strconv.Itoa(int(o.Every.Seconds())))
	r.process.Dir, r.process.Stdout, r.process.Stderr, r.process.WaitDelay = o.Home, io.Discard, &r.said, time.Second
	if err := r.process.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	go func() {
		defer close(r.ended)
		_ = r.process.Wait() // how it ended is of interest only to those who waited for more of it
	}()
	return r, nil
}

// PID is the number of its process.
func (r *Running) PID() int { return r.process.Process.Pid }

// Ended is closed when it has ended.
func (r *Running) Ended() <-chan struct{} { return r.ended }

// Said is what it wrote to its standard error, once it has ended.
func (r *Running) Said() string { return r.said.String() }

// Kill ends it.
func (r *Running) Kill() {
	_ = r.process.Process.Kill() // it may have ended already
	<-r.ended
}
