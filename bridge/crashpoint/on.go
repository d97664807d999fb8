//go:build crashpoints

package crashpoint

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Dial opens connections.
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// passes counts how often the point has been reached at which this process dies. It is the one variable of the
// package, in the one build that no user runs.
var passes atomic.Int64

// Here ends the process if this is its point and the pass is the one.
func Here(p Point) {
	name, pass, given := strings.Cut(os.Getenv("HOOKBRIDGE_CRASH_AT"), ":")
	if !given || name != string(p) {
		return
	}
	if count, err := strconv.ParseInt(pass, 10, 64); err != nil || passes.Add(1) != count {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // it dies before anything else happens here
}

// Connections makes every write of the connections pass [SendFirst] when its first byte is sent.
func Connections(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return broken{connection}, nil
	}
}

type broken struct{ net.Conn }

func (b broken) Write(p []byte) (int, error) {
	if len(p) < 2 {
		return b.Conn.Write(p)
	}
	first, err := b.Conn.Write(p[:1])
	if err != nil {
		return first, err
	}
	Here(SendFirst)
	rest, err := b.Conn.Write(p[1:])
	return first + rest, err
}
