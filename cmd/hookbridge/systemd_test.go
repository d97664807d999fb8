package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manager is a service manager for one service: it gives the environment that systemd would give it, and hears
// what the service says.
type manager struct {
	testing.TB
	socket  *net.UnixConn
	dir     string
	service *exec.Cmd
	log     bytes.Buffer
	ended   chan struct{} // closed when the service has ended,
	err     error         // so
}

// newManager starts hookbridge run with a configuration, as a service with a credential named "api".
func newManager(t *testing.T, config string) *manager {
	t.Helper()
	m := &manager{TB: t, dir: shortDir(t), ended: make(chan struct{})}
	address := &net.UnixAddr{Name: filepath.Join(m.dir, "notify"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	m.socket = socket
	m.write("credentials/api", "the-credential\n")
	m.write("etc/hookbridge.hcl", config)
	m.service = exec.Command("hookbridge", "run", "--config", filepath.Join(m.dir, "etc"))
	m.service.Env = append(os.Environ(), "NOTIFY_SOCKET="+address.Name, "WATCHDOG_USEC=600000",
		"CREDENTIALS_DIRECTORY="+filepath.Join(m.dir, "credentials"), "STATE_DIRECTORY="+filepath.Join(m.dir, "state"))
	m.service.Dir, m.service.Stderr = m.dir, &m.log
	if err := m.service.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(m.ended); m.err = m.service.Wait() }()
	t.Cleanup(m.finish)
	return m
}

// shortDir makes a directory whose path leaves room for that of a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hb-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (m *manager) finish() {
	_ = m.service.Process.Kill() // it may have ended
	<-m.ended
	if m.Failed() {
		m.Logf("the service said:\n%s", m.log.String())
	}
}

func (m *manager) write(name, content string) {
	m.Helper()
	path := filepath.Join(m.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		m.Fatal(err)
	}
}

// hears returns the next message that is no ping of the watchdog, and how many pings came before.
func (m *manager) hears() (message string, pings int) {
	m.Helper()
	for {
		if message = m.next(); message != "WATCHDOG=1" {
			return message, pings
		}
		pings++
	}
}

func (m *manager) next() string {
	m.Helper()
	text := make([]byte, 4096)
	if err := m.socket.SetReadDeadline(time.Now().Add(scriptWait)); err != nil {
		m.Fatal(err)
	}
	n, err := m.socket.Read(text)
	if err != nil {
		m.Fatalf("hear from the service: %v", err)
	}
	return string(text[:n])
}

func (m *manager) signal(s syscall.Signal) {
	m.Helper()
	if err := m.service.Process.Signal(s); err != nil {
		m.Fatal(err)
	}
}

// wants fails the test unless a message matches.
func (m *manager) wants(message, pattern string) {
	m.Helper()
	if !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(message) {
		m.Fatalf("the service said %q, want %q", message, pattern)
	}
}

// O4: READY with STATUS, WATCHDOG again and again, RELOADING with the time of the monotonic clock and READY on
// SIGHUP, STOPPING and status 0 on SIGTERM; credentials and state where systemd puts them.
func TestTheServiceManagerHearsWhereTheDaemonStands(t *testing.T) {
	asked := make(chan string, 100)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.Header.Get("Authorization"):
		default:
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `[{"id":1}]`)
	}))
	defer api.Close()
	config := fmt.Sprintf(serviceConfig, api.URL)
	m := newManager(t, config)

	message, _ := m.hears()
	m.wants(message, "READY=1\nSTATUS=polling 1 sources for 1 sinks")
	if got := <-asked; got != "Bearer the-credential" {
		t.Errorf("the API saw the credential %q", got)
	}
	for range 3 {
		m.wants(m.next(), "WATCHDOG=1")
	}
	if _, err := os.Stat(filepath.Join(m.dir, "state", "MANIFEST")); err != nil {
		t.Errorf("the state is not where the service manager put it: %v", err)
	}

	m.signal(syscall.SIGHUP)
	m.reloads("READY=1\nSTATUS=polling 1 sources for 1 sinks")
	m.write("etc/hookbridge.hcl", config+"nonsense {}\n")
	m.signal(syscall.SIGHUP)
	m.reloads("READY=1\nSTATUS=reload refused; polling 1 sources for 1 sinks")
	if m.next() != "WATCHDOG=1" {
		t.Error("the watchdog is not fed after a reload that was refused")
	}

	m.signal(syscall.SIGTERM)
	message, _ = m.hears()
	m.wants(message, "STOPPING=1")
	select {
	case <-m.ended:
		if m.err != nil {
			t.Errorf("the service ended with %v", m.err)
		}
	case <-time.After(scriptWait):
		t.Error("the service did not end")
	}
	if strings.Contains(m.log.String(), "the-credential") {
		t.Error("the log tells the credential")
	}
}

// reloads hears a reload, as Type=notify-reload wants it told.
func (m *manager) reloads(ready string) {
	m.Helper()
	message, _ := m.hears()
	m.wants(message, `RELOADING=1\nMONOTONIC_USEC=[1-9]\d+`)
	message, _ = m.hears()
	m.wants(message, regexp.QuoteMeta(ready))
}

const serviceConfig = `
source "http" "things" {
  every = "1s"
  url   = %q
  items = body
  key   = item.id
  sinks = [sink.out]
  auth "bearer" {
    token = trimspace(credential("api"))
  }
}
sink "stdout" "out" {}
`
