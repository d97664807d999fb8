package http_test

import (
	"context"
	"fmt"
	"log/slog"
	nethttp "net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/sinks/stdout"
	"github.com/hookbridge/hookbridge/sources/feed"
	"github.com/hookbridge/hookbridge/sources/http"
)

// limited is a server that grants so many requests in each window, and refuses what is beyond.
type limited struct {
	quota  int
	window time.Duration
	tell   func(header nethttp.Header, left int, reset time.Time) // nil: it says nothing of its limits
	answer nethttp.Handler

	mu      sync.Mutex
	until   time.Time
	used    int
	asked   []time.Time
	refused int
	served  map[string]int // by the first element of the path
}

func (l *limited) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	time.Sleep(20 * time.Millisecond) // on the way
	if !l.admit(w.Header(), strings.Split(r.URL.Path, "/")[1]) {
		w.WriteHeader(nethttp.StatusTooManyRequests)
		return
	}
	time.Sleep(30 * time.Millisecond)
	l.answer.ServeHTTP(w, r)
}

func (l *limited) admit(header nethttp.Header, who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !now.Before(l.until) {
		l.until, l.used = now.Add(l.window), 0
	}
	l.asked = append(l.asked, now)
	good := l.used < l.quota
	if good {
		l.used++
		l.served[who]++
	} else {
		l.refused++
		header.Set("Retry-After", fmt.Sprint(int(l.until.Sub(now).Seconds()+1)))
	}
	if l.tell != nil {
		l.tell(header, l.quota-l.used, l.until)
	}
	return good
}

// threePages answers a listing of three pages.
func threePages(w nethttp.ResponseWriter, r *nethttp.Request) {
	page := r.URL.Query().Get("page")
	if page == "" {
		page = "1"
	}
	if page != "3" {
		w.Header().Set("Link", fmt.Sprintf(`<?page=%d>; rel="next"`, page[0]-'0'+1))
	}
	answerJSON(w, `[{"id":"`+page+`"}]`)
}

// tenSources writes a configuration of as many sources of one server.
func tenSources(head, body string) string {
	var text strings.Builder
	text.WriteString(head + "\nsink \"stdout\" \"out\" {}\n")
	for i := range 10 {
		fmt.Fprintf(&text, "source \"http\" \"s%d\" {\n url = \"http://api.test/s%d\"\n key = item.id\n sinks = [sink.out]\n%s\n}\n", i, i, body)
	}
	return text.String()
}

// outcome is what a loop did with a source.
type outcome struct{ good, failed, putOff int }

// loop polls the sources of a configuration for so long.
func (w *world) loop(text string, during time.Duration) map[string]outcome {
	w.Helper()
	dir := w.TempDir()
	path := filepath.Join(dir, "main.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	c, diags := config.Load(path, config.Options{
		Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{http.Kind(), feed.Kind()},
			Sinks:   []bridge.Kind[bridge.Sink]{stdout.Kind(os.Stdout)},
		},
		Env: bridge.Env{Dial: w.Dial, Temp: dir},
	})
	if diags.HasErrors() {
		w.Fatal(diags)
	}
	state, err := badger.Open(w.Context(), badger.Options{Path: filepath.Join(dir, "state"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.Fatal(err)
	}
	defer state.Close()
	return w.run(state, c.Sources, during)
}

func (w *world) run(state *badger.Store, sources []poll.Settings, during time.Duration) map[string]outcome {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), during)
	defer cancel()
	outcomes := map[string]outcome{}
	l := poll.New(poll.Options{Store: state, Log: slog.New(slog.DiscardHandler), Temp: w.TempDir(), Observe: func(r poll.Report) {
		o := outcomes[r.Source]
		switch {
		case r.Err == nil:
			o.good++
		case bridge.IsPutOff(r.Err):
			o.putOff++
		default:
			o.failed++
			w.Logf("%s %v", time.Now().Format("04:05.000"), r.Err)
		}
		outcomes[r.Source] = o
	}})
	if err := l.Start(ctx, sources); err != nil {
		w.Fatal(err)
	}
	if err := l.Run(ctx); err != nil {
		w.Error(err)
	}
	return outcomes
}

// The dialects in which servers tell of their limits.
var dialects = map[string]func(header nethttp.Header, left int, reset time.Time){
	"RateLimit": func(header nethttp.Header, left int, reset time.Time) {
		header.Set("RateLimit-Policy", `"default";q=10;w=60`)
		header.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, left, int(time.Until(reset).Seconds())))
	},
	"RateLimit-Remaining": func(header nethttp.Header, left int, reset time.Time) {
		header.Set("RateLimit-Limit", "10")
		header.Set("RateLimit-Remaining", fmt.Sprint(left))
		header.Set("RateLimit-Reset", fmt.Sprint(int(time.Until(reset).Seconds())))
	},
	"X-RateLimit in unix seconds": func(header nethttp.Header, left int, reset time.Time) {
		header.Set("X-RateLimit-Remaining", fmt.Sprint(left))
		header.Set("X-RateLimit-Reset", fmt.Sprint(reset.Unix()))
	},
}

func (w *world) limited(quota int, window time.Duration, answer nethttp.HandlerFunc) *limited {
	w.Helper()
	server := &limited{quota: quota, window: window, answer: answer, served: map[string]int{}}
	w.Serve(w.T, "api.test:80", server)
	return server
}

// each wants so many good polls of each of ten sources, and no more that failed.
func (w *world) each(outcomes map[string]outcome, polls, failed int) {
	w.Helper()
	for i := range 10 {
		name := fmt.Sprintf("s%d", i)
		if o := outcomes[name]; o.good < polls || o.failed > failed {
			w.Errorf("%s: %+v", name, o)
		}
	}
}
