package http_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// durable is the keep of a real state.
type durable struct {
	store.Secrets
	saved func(value []byte) // when it is on disk
}

func (d durable) Load(ctx context.Context, name string) ([]byte, error) { return d.Secret(ctx, name) }

func (d durable) Save(ctx context.Context, name string, value []byte) error {
	err := d.KeepSecret(ctx, name, value)
	if err == nil {
		d.saved(value)
	}
	return err
}

// pollOver polls once over the state in a directory.
func pollOver(t *testing.T, dir, server string, saved func([]byte)) sourcetest.Polled {
	t.Helper()
	state, err := badger.Open(t.Context(), badger.Options{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	}()
	source := sourcetest.MustBuild(t, http.Kind(), strings.ReplaceAll(byRefresh, "http://api.test", server), bridge.Env{
		Name: "killed", Keep: durable{state, saved},
	})
	return sourcetest.Poll(t.Context(), source, nil)
}

// H3: the process is killed (SIGKILL) after a server that revokes old refresh tokens has given a new one, and
// before the access token that came with it was used. The next start goes on with the new one.
func TestAKillBetweenARefreshAndItsFirstUseLosesNothing(t *testing.T) {
	const dirName, serverName = "KILLED_STATE", "KILLED_SERVER"
	if dir := os.Getenv(dirName); dir != "" { // the process that is to die
		pollOver(t, dir, os.Getenv(serverName), func(value []byte) {
			if strings.Contains(string(value), "refresh-1") {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		})
		t.Fatal("it was not killed")
	}
	server := newIssuer(600)
	loopback := httptest.NewServer(server)
	defer loopback.Close()
	dir := filepath.Join(t.TempDir(), "state")
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), dirName+"="+dir, serverName+"="+loopback.URL)
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "killed") || len(server.calls) > 0 || !server.used["refresh-0"] {
		t.Fatalf("it ended with %v, %d calls of the API, %v used: %s", err, len(server.calls), server.used, out)
	}

	p := pollOver(t, dir, loopback.URL, func([]byte) {})
	if p.Err != nil || !slices.Equal(server.calls, []string{"access-2"}) {
		t.Errorf("after the restart: %v, with %v", p.Err, server.calls)
	}
	server.granted(t, "refresh_token, refresh_token")
}

// The same without what keeps the token: the server takes the second use of the old one for a theft.
func TestTheServerOfTheseTestsRevokesEverythingWhenAnOldRefreshTokenIsUsed(t *testing.T) {
	server := httptest.NewServer(newIssuer(600))
	defer server.Close()
	dir := t.TempDir()
	for i, want := range []bool{true, false} {
		p := pollOver(t, filepath.Join(dir, string(rune('a'+i))), server.URL, func([]byte) {})
		if (p.Err == nil) != want {
			t.Errorf("poll %d over a state of its own: %v", i, p.Err)
		}
	}
}
