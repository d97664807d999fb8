package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

const examplesDir = "../../examples"

// O1: every example validates with the kinds that are built in, and is in the form that fmt gives.
func TestEveryExampleIsValidAndInForm(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(examplesDir, "*", "hookbridge.hcl"))
	if err != nil || len(dirs) < 5 {
		t.Fatalf("find the examples: %q, %v", dirs, err)
	}
	for _, file := range dirs {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{
				{"validate", "--config", filepath.Dir(file)}, {"fmt", "--check", filepath.Dir(file)},
			} {
				check := exec.Command("hookbridge", args...)
				check.Env = append(os.Environ(), wantedBy(t, filepath.Dir(file))...)
				if out, err := check.CombinedOutput(); err != nil || strings.Contains(string(out), "Warning") {
					t.Errorf("%s: %v\n%s", args[0], err, out)
				}
			}
		})
	}
}

// wantedBy returns an environment with all that a configuration asks for and has no default.
func wantedBy(t *testing.T, dir string) (env []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`env\("(\w+)"\)`).FindAllStringSubmatch(string(text), -1) {
			value := "anything"
			switch {
			case strings.HasSuffix(name[1], "_SECRET"):
				value = signature.NewSecret()
			case name[1] == "STATE_KEY":
				value = strings.Repeat("QUJD", 8)
			case name[1] == "PROXY_URL":
				value = "http://proxy.example.com:3128"
			case strings.HasSuffix(name[1], "_URL"):
				value = "https://example.com/somewhere"
			}
			env = append(env, name[1]+"="+value)
		}
	}
	return append(env, "CREDENTIALS_DIRECTORY="+credentialsFor(t, files))
}

// credentialsFor lays out a credential for each that the files name. What it holds, its name says.
func credentialsFor(t *testing.T, files []string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	pair := routetest.NewAuthority().Issue("anybody")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`credential\("([\w-]+)"\)`).FindAllStringSubmatch(string(text), -1) {
			value := pair.Cert
			switch {
			case strings.HasSuffix(name[1], "-secret"):
				value = signature.NewSecret()
			case strings.HasSuffix(name[1], "-key"):
				value = pair.Key
			}
			if err := os.WriteFile(filepath.Join(dir, name[1]), []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// example is one that runs as a process, between an API and a receiver of the test. Its source is paused: it
// polls when the test wants it to.
type example struct {
	testing.TB
	dir    string
	client *admin.Client
	source string
	log    strings.Builder // complete when the process has ended
}

// runExample runs an example with an environment, in which all occurrences of the pairs of texts are replaced.
func runExample(t *testing.T, name, source string, env []string, replace ...string) *example {
	t.Helper()
	e := &example{TB: t, dir: shortDir(t), source: source}
	e.copy(filepath.Join(examplesDir, name), strings.NewReplacer(append(replace, "/var/log/hookbridge", e.dir)...))
	e.client = admin.NewClient("unix:"+filepath.Join(e.dir, "state", "admin.sock"), setting.Secret{})
	run := exec.Command("hookbridge", "run", "--config", filepath.Join(e.dir, "etc"))
	run.Env = append(append(os.Environ(), "STATE_DIRECTORY="+filepath.Join(e.dir, "state")), env...)
	out, err := os.Create(filepath.Join(e.dir, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	run.Stdout, run.Stderr = out, &e.log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Signal(os.Interrupt)
		if err := run.Wait(); err != nil || t.Failed() {
			t.Errorf("the example ended with %v, and said:\n%s", err, e.log.String())
		}
	})
	if !scriptWithin(scriptWait, func() bool { return e.client.Ready(t.Context()) == nil }) {
		t.Fatal("the example is not ready")
	}
	if _, err := e.client.Pause(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *example) copy(from string, replacer *strings.Replacer) {
	e.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*.hcl"))
	if err != nil {
		e.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		target := filepath.Join(e.dir, "etc", filepath.Base(file))
		err = errors.Join(err, os.MkdirAll(filepath.Dir(target), 0o700),
			os.WriteFile(target, []byte(replacer.Replace(string(text))), 0o600))
		if err != nil {
			e.Fatal(err)
		}
	}
}

// poll polls now.
func (e *example) poll() admin.Report {
	e.Helper()
	report, err := e.client.Poll(context.Background(), e.source)
	if err != nil {
		e.Fatal(err)
	}
	return report
}

// polls polls now, and wants that to go well with so many events.
func (e *example) polls(events int) {
	e.Helper()
	if r := e.poll(); r.Error != "" || r.Hold != nil || r.Events != events {
		e.Fatalf("the poll sent %d events, want %d: %+v", r.Events, events, r)
	}
}

// writes waits until a file of the example has a line that matches.
func (e *example) writes(file, pattern string) {
	e.Helper()
	var text []byte
	matches := func() bool {
		text, _ = os.ReadFile(filepath.Join(e.dir, file)) // it may not be there yet
		return regexp.MustCompile(pattern).Match(text)
	}
	if !scriptWithin(scriptWait, matches) {
		e.Fatalf("%s has no match for %q:\n%s", file, pattern, text)
	}
}

// catcher is a receiver that hands what it gets to the test.
type catcher struct {
	*httptest.Server
	testing.TB
	got chan string
}

// newCatcher makes a receiver. With a secret it takes only what is signed.
func newCatcher(t *testing.T, secret string) *catcher {
	t.Helper()
	c := &catcher{TB: t, got: make(chan string, 1000)}
	var keys []signature.Key
	if secret != "" {
		key, err := signature.ParseSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && len(keys) > 0 {
			err = signature.Verify(r.Header, body, time.Now(), keys...)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		c.got <- string(body)
	}))
	t.Cleanup(c.Close)
	return c
}

// gets returns the next body that comes, which is to match.
func (c *catcher) gets(pattern string) {
	c.Helper()
	select {
	case body := <-c.got:
		if !regexp.MustCompile(pattern).MatchString(body) {
			c.Errorf("the receiver got %s, want %s", body, pattern)
		}
	case <-time.After(scriptWait):
		c.Fatalf("the receiver got nothing, want %s", pattern)
	}
}

// getsAll takes so many bodies, and returns them by line.
func (c *catcher) getsAll(count int) string {
	c.Helper()
	var all strings.Builder
	for range count {
		select {
		case body := <-c.got:
			all.WriteString(body + "\n")
		case <-time.After(scriptWait):
			c.Fatalf("the receiver got only:\n%s", all.String())
		}
	}
	return all.String()
}

// stage is an API whose answers the test changes.
type stage struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{answer: http.NotFound}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stage) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// shows answers everything with one text.
func (s *stage) shows(contentType, format string, args ...any) {
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = fmt.Fprintf(w, format, args...)
	})
}

// Whoever adds a block or an argument has it looked up in the reference.
func TestTheReferenceHasEveryBlockAndArgument(t *testing.T) {
	var reference strings.Builder
	for _, file := range glob(t, filepath.Join(examplesDir, "reference", "*.hcl")) {
		reference.WriteString(file)
	}
	known := map[string]bool{}
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(reference.String(), -1) {
		known[word] = true
	}
	count := 0
	for _, pattern := range []string{
		"bridge/config/*.go", "bridge/route/*.go", "sources/*/*.go", "sources/internal/fetch/*.go",
		"sources/internal/fetch/credential/*.go", "sinks/*/*.go",
	} {
		for _, file := range glob(t, filepath.Join("../..", pattern)) {
			for _, name := range regexp.MustCompile("`hcl:\"(\\w+)(?:,optional|,block)?\"`").FindAllStringSubmatch(file, -1) {
				if count++; !known[name[1]] {
					t.Errorf("%s is not in the reference", name[1])
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("%d arguments were found", count)
	}
}

// glob returns the texts of the files, without tests.
func glob(t *testing.T, pattern string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("find %s: %v", pattern, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
