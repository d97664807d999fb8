package http_test

import (
	"encoding/json"
	"maps"
	nethttp "net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const signingKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// play runs a test over an example of the folder examples, with the core and a real state behind it. The hosts
// that it names are servers of the test, which are reached by plain HTTP.
func play(t *testing.T, name string, env map[string]string, test func(*bridged)) {
	t.Helper()
	t.Parallel()
	given := map[string]string{"APP_SECRET": signingKey}
	maps.Copy(given, env)
	bridgeFrom(t, plainExample(t, name), given, test)
}

// plainExample copies an example, with http for https, and sweeps each hour instead of each day: in a bubble a
// day takes seconds, since the state looks after itself every few milliseconds.
func plainExample(t *testing.T, name string) (dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../../examples", name, "*.hcl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("find example %s: %v", name, err)
	}
	dir = t.TempDir()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.NewReplacer("https://", "http://", `every = "24h"`, `every = "1h"`).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), []byte(plain), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// leaves polls a source, which is to go well, and checks which events leave, in any order.
func (b *bridged) leaves(source string, want ...string) {
	b.Helper()
	report := b.polls(source)
	if report.Err != nil || report.Hold != nil {
		b.Fatalf("poll: %v, hold %+v", report.Err, report.Hold)
	}
	b.left(want...)
}

// left checks which events left since it was last looked: the type and key of each, then the pointers that
// changed, or the data where that is not the standard one.
func (b *bridged) left(want ...string) {
	b.Helper()
	var got []string
	for _, e := range b.news() {
		line := []string{e.Type, e.Key}
		switch {
		case e.Data != nil:
			line = append(line, string(e.Data))
		case e.Change == bridge.Updated:
			line = append(line, strings.Join(e.Changed, ","))
		}
		got = append(got, strings.Join(line, " "))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// fails polls a source, which is to fail with an error that says all of the words, and to send nothing.
func (b *bridged) fails(source string, words ...string) (err error) {
	b.Helper()
	if err = b.polls(source).Err; err == nil {
		b.Fatal("the poll went well")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			b.Errorf("error %q does not say %q", err, word)
		}
	}
	b.left()
	return err
}

type object = map[string]any

func write(rw nethttp.ResponseWriter, body any) { writeStatus(rw, nethttp.StatusOK, body) }

// writeStatus answers in JSON.
func writeStatus(rw nethttp.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	if rw.Header().Get("Content-Type") == "" {
		rw.Header().Set("Content-Type", "application/json")
	}
	rw.WriteHeader(status)
	_, _ = rw.Write(text)
}

// bearer reports whether a request bears the secret of the tests as its token, and refuses it otherwise.
func bearer(rw nethttp.ResponseWriter, r *nethttp.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+sourcetest.Secret {
		return true
	}
	writeStatus(rw, nethttp.StatusUnauthorized, object{"message": "Bad credentials"})
	return false
}
