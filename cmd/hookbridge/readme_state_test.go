package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// O8, O9: who follows the README has a backup, a state that is restored and goes on, and one with another key.
func TestTheBackupsOfTheReadmeAreFollowed(t *testing.T) {
	needs(t, "sh")
	l, items := newKept(t)
	l.mustStart()
	l.checkPolled(1)
	l.follow(readmeBlock(t, "## Backups and upgrades", "sh"))
	l.checkGoesOn(items)
}

func TestTheKeyOfTheReadmeIsChanged(t *testing.T) {
	needs(t, "sh")
	l, items := newKept(t, readmeAttributes(t)...)
	l.write("state.key", store.NewKey())
	l.mustStart()
	l.checkPolled(1)
	l.follow(readmeBlock(t, "### A key for the state", "sh"))
	l.checkGoesOn(items)
	if found, err := os.Stat(filepath.Join(l.dir, "state.key")); err != nil || found.Mode().Perm() != 0o600 {
		t.Errorf("the new key: %v, %v", found, err)
	}
	l.stop()
	l.checkOpens("old.key", "hookbridge-state.old")
	l.checkOpens("state.key", "hookbridge-state")
}

// readmeAttributes are what the README has in its block state.
func readmeAttributes(t *testing.T) []string {
	t.Helper()
	body, found := strings.CutPrefix(readmeBlock(t, "### A key for the state", "hcl"), "state {\n")
	if !found {
		t.Fatal("the README has no block state")
	}
	return []string{strings.TrimSuffix(strings.TrimSpace(body), "}")}
}

// newKept makes a hookbridge whose receiver takes all that comes of so many items.
func newKept(t *testing.T, more ...string) (l *live, items *atomic.Int64) {
	t.Helper()
	items = new(atomic.Int64)
	items.Store(1)
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var all []string
		for n := range items.Load() {
			all = append(all, fmt.Sprintf(`{"id":%d}`, n))
		}
		_, _ = fmt.Fprintf(w, "[%s]", strings.Join(all, ","))
	})
	receiver := liveServe(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	config := fmt.Sprintf(readmeRun, api, receiver, signature.NewSecret())
	l = newLive(t, config)
	l.configure(config, more...)
	return l, items
}

func (l *live) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
		l.Fatal(err)
	}
}

// follow does what a block of commands says, one after the other, and what its comments say about the daemon.
func (l *live) follow(block string) {
	l.Helper()
	for line := range strings.Lines(block) {
		switch line = strings.TrimSpace(line); line {
		case "# stop the daemon":
			l.stop()
		case "# start the daemon":
			l.mustStart()
		default:
			command := exec.Command("sh", "-ec", line)
			command.Dir = l.dir
			if out, err := command.CombinedOutput(); err != nil {
				l.Fatalf("%s: %v\n%s", line, err, out)
			}
		}
	}
}

// checkPolled polls, and checks how many events there are then.
func (l *live) checkPolled(want int) {
	l.Helper()
	l.poll("orders")
	l.untilSent()
	events, err := l.client().Events(l.Context(), admin.Filter{})
	if err != nil || len(events.Events) != want {
		l.Fatalf("%d events, want %d: %v", len(events.Events), want, err)
	}
}

// checkGoesOn checks that a state was restored: what is known sends nothing, and what is new is sent.
func (l *live) checkGoesOn(items *atomic.Int64) {
	l.Helper()
	if _, err := os.Stat(filepath.Join(l.dir, "hookbridge-state.old", "MANIFEST")); err != nil {
		l.Errorf("the old state was not kept: %v", err)
	}
	l.checkPolled(1)
	items.Store(2)
	l.checkPolled(2)
}

// checkOpens checks that a state opens with the key of a file.
func (l *live) checkOpens(key, state string) {
	l.Helper()
	l.write("look.hcl", fmt.Sprintf("state {\n  path           = %q\n  encryption_key = file(%q)\n}\n", filepath.Join(l.dir, state), key))
	command := exec.Command("hookbridge", "state", "backup", os.DevNull, "--config", filepath.Join(l.dir, "look.hcl"))
	if out, err := command.CombinedOutput(); err != nil {
		l.Errorf("open %s with %s: %v\n%s", state, key, err, out)
	}
}
