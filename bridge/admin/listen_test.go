package admin

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

func TestASocketIsForItsOwnerAlone(t *testing.T) {
	// The widest umask shows that the mode is not left to it.
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(shortDir(t), "a", "b")
	path := filepath.Join(dir, "admin.sock")
	listener := listen(t, "unix:"+path)
	for name, want := range map[string]fs.FileMode{path: fs.ModeSocket | 0o600, dir: fs.ModeDir | 0o700} {
		found, err := os.Stat(name)
		if err != nil || found.Mode() != want {
			t.Errorf("%s: %v, error %v", name, found.Mode(), err)
		}
	}
	if got := listener.Addr().String(); got != path {
		t.Errorf("the address is %s", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("beside the socket there is %v", left)
	}
}

func TestAClosedSocketIsGone(t *testing.T) {
	path := filepath.Join(shortDir(t), "admin.sock")
	listener := listen(t, "unix:"+path)
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestTheSocketOfADeadDaemonIsReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "admin.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	listener := listen(t, "unix:"+path)
	answered := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = conn.Close()
		}
		answered <- err
	}()
	if _, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestAnAddressOfALiveDaemonIsTaken(t *testing.T) {
	unix := listen(t, "unix:"+filepath.Join(shortDir(t), "admin.sock"))
	tcp := listen(t, "127.0.0.1:0")
	for _, address := range []string{"unix:" + unix.Addr().String(), tcp.Addr().String()} {
		if _, err := Listen(address); !errors.Is(err, ErrTaken) || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := os.Lstat(unix.Addr().String()); err != nil {
		t.Errorf("the live socket is gone: %v", err)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	for _, address := range []string{"7676", "127.0.0.1:http-ish", "192.0.2.1:7676"} {
		if _, err := Listen(address); err == nil || errors.Is(err, ErrTaken) || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAFileThatIsNoSocketIsLeftAlone(t *testing.T) {
	path := filepath.Join(shortDir(t), "admin.sock")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix:" + path); !errors.Is(err, ErrTaken) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("got %q, error %v", text, err)
	}
}

func TestAPathTooLongForASocketIsRefusedInWords(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, strings.Repeat("x", 120), "admin.sock")
	_, err := Listen("unix:" + path)
	if err == nil || !strings.Contains(err.Error(), "shorter") || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
	if _, err := Listen("unix:"); err == nil {
		t.Error("an empty path was taken")
	}
}

func TestTheLongestPathThatASocketMayHaveIsTaken(t *testing.T) {
	dir := shortDir(t)
	room := len(syscall.RawSockaddrUnix{}.Path) - 1 - len(dir) - 1
	if room < 12 {
		t.Skipf("the temporary directory %s leaves no room", dir)
	}
	listen(t, "unix:"+filepath.Join(dir, strings.Repeat("x", room)))
	if _, err := Listen("unix:" + filepath.Join(dir, strings.Repeat("y", room+1))); err == nil {
		t.Error("one byte more was taken")
	}
}

func TestADaemonThatIsNotThereIsUnreachableWithAHint(t *testing.T) {
	gone := listen(t, "127.0.0.1:0")
	_ = gone.Close()
	for _, address := range []string{"unix:" + filepath.Join(shortDir(t), "admin.sock"), gone.Addr().String()} {
		_, err := NewClient(address, setting.Secret{}).Status(t.Context())
		if !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v", address, err)
			continue
		}
		for _, word := range []string{"hookbridge run", address} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%v lacks %q", err, word)
			}
		}
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}
