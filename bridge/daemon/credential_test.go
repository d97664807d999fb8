package daemon_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sinks/stdout"
	"github.com/hookbridge/hookbridge/sources/feed"
	sourcehttp "github.com/hookbridge/hookbridge/sources/http"
)

// rotating is an OAuth 2.0 server that takes each refresh token once, and the API behind it.
type rotating struct {
	mu      sync.Mutex
	good    int // number of the refresh token that is good
	grants  int
	refused int
}

func (s *rotating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path == "/token" && r.PostFormValue("refresh_token") == fmt.Sprint("refresh-", s.good):
		s.good++
		s.grants++
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d","expires_in":600}`, s.good, s.good)
	case r.URL.Path == "/token" || r.Header.Get("Authorization") != fmt.Sprint("Bearer access-", s.good):
		s.refused++
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"version":"https://jsonfeed.org/version/1.1","title":"A","items":[{"id":"1"}]}`)
	}
}

const credentialed = `
state {
  path = "STATE"
}
auth "oauth2" "shared" {
  grant         = "refresh_token"
  token_url     = "SERVER/token"
  client_id     = "me"
  refresh_token = "refresh-0"
}
source "http" "a" {
  url   = "SERVER/a"
  auth  = auth.shared
  items = body.items
  key   = item.id
  sinks = [sink.out]
}
source "http" "b" {
  url   = "SERVER/b"
  auth  = auth.shared
  items = body.items
  key   = item.id
  sinks = [sink.out]
}
source "feed" "c" {
  url   = "SERVER/c"
  auth  = auth.shared
  sinks = [sink.out]
}
sink "stdout" "out" {}
`

// H3, through the whole program: three sources of one shared credential refresh once, a restart goes on with the
// refresh token that the server gave last, and so does a plan, which keeps what it is given. A plan without a
// state uses none.
func TestARefreshTokenThatRotatesIsSharedAndKeptOverRestartsAndPlans(t *testing.T) {
	api := &rotating{}
	server := httptest.NewServer(api)
	defer server.Close()
	dir := t.TempDir()
	path := filepath.Join(dir, "hookbridge.hcl")
	text := strings.NewReplacer("STATE", filepath.Join(dir, "state"), "SERVER", server.URL).Replace(credentialed)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	options := daemon.Options{
		Path: path, Log: slog.New(slog.DiscardHandler),
		Config: config.Options{Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{sourcehttp.Kind(), feed.Kind()}, Sinks: []bridge.Kind[bridge.Sink]{stdout.Kind(io.Discard)},
		}},
	}
	plan := func() string {
		planned, err := daemon.Plan(t.Context(), options, "a")
		if err != nil {
			t.Fatal(err)
		}
		return planned.Report.Error
	}
	if said := plan(); !strings.Contains(said, "start the daemon first") || api.grants != 0 {
		t.Errorf("a plan without a state said %q, after %d grants", said, api.grants)
	}
	for round := range 2 {
		runAndPoll(t, options, "unix:"+filepath.Join(dir, "state", "admin.sock"))
		if want := 2*round + 1; api.grants != want || api.refused != 0 {
			t.Errorf("run %d: %d grants, want %d; %d refused", round, api.grants, want, api.refused)
		}
		if said := plan(); said != "" {
			t.Errorf("a plan after run %d: %s", round, said)
		}
	}
	if api.grants != 4 || api.refused != 0 {
		t.Errorf("in the end %d grants, %d refused", api.grants, api.refused)
	}
}

// runAndPoll runs a daemon until all sources have been polled, at the same time.
func runAndPoll(t *testing.T, options daemon.Options, address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started, ended := make(chan struct{}), make(chan error, 1)
	options.Started = func(net.Addr) { close(started) }
	go func() { ended <- daemon.Run(ctx, options) }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("the daemon ended: %v", err)
	}
	var polls sync.WaitGroup
	for _, source := range []string{"a", "b", "c"} {
		polls.Go(func() {
			report, err := admin.NewClient(address, setting.Secret{}).Poll(ctx, source)
			if err != nil || report.Error != "" {
				t.Errorf("poll %s: %v %s", source, err, report.Error)
			}
		})
	}
	polls.Wait()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
