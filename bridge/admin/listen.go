package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Listen opens the address of the API: "unix:PATH", or "host:port". An address that somebody else listens on
// is an [ErrTaken]. A socket is for its owner alone from the first moment on, in a directory that is made
// where it is missing; what a daemon left behind that is no more is replaced.
func Listen(address string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(path)
	}
	return listenTCP(address)
}

func listenTCP(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: %w", address, ErrTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, inner(err))
	}
	return listener, nil
}

func listenUnix(path string) (net.Listener, error) {
	if err := fits(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make directory of socket: %w", err)
	}
	if err := vacant(path); err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	listener, err := bind(path)
	if err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	return listener, nil
}

// fits refuses a path that the kernel has no room for, which it would call an invalid argument.
func fits(path string) error {
	const room = len(syscall.RawSockaddrUnix{}.Path) - 1
	longest := max(len(path), len(filepath.Join(filepath.Dir(path), privateName(), "s")))
	if path == "" || longest > room {
		return fmt.Errorf("listen on unix:%s: this takes %d bytes where a socket's path may have %d: choose a shorter one",
			path, longest, room)
	}
	return nil
}

// vacant makes sure that nobody listens at a path. A socket that nobody listens on is none.
func vacant(path string) error {
	found, err := os.Lstat(path)
	if err == nil && found.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%w by a file that is no socket", ErrTaken)
	}
	if err == nil {
		var conn *net.UnixConn
		if conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"}); err == nil {
			_ = conn.Close()
			return ErrTaken
		}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrTaken, inner(err))
}

// bind makes the socket in a directory that nobody else can enter, and moves it to its place once its mode is
// right: the mode of a new socket is up to the umask. Moving also replaces what a dead daemon left.
func bind(path string) (net.Listener, error) {
	private := filepath.Join(filepath.Dir(path), privateName())
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(private) }() // it is empty by then
	made := filepath.Join(private, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, inner(err)
	}
	listener.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &socket{UnixListener: listener, path: path}, nil
}

// privateName is short, for the sake of the bound on a socket's path.
func privateName() string { return "." + rand.Text()[:6] }

// socket is a listener on a unix socket that was moved.
type socket struct {
	*net.UnixListener
	path   string
	remove sync.Once
}

func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close removes the socket while it is still certain whose it is.
func (s *socket) Close() error {
	var err error
	s.remove.Do(func() { err = os.Remove(s.path) })
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(s.UnixListener.Close(), err)
}

// inner takes the address off an error of the network, which the text around it names already.
func inner(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
