package http_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/tape"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// record polls a new source once under a recorder, and returns the recording as a folder kept it.
func (w *world) record(ctx context.Context, config string, since bridge.Cursor) (sourcetest.Polled, *tape.Recording) {
	w.Helper()
	recorder := tape.NewRecorder(tape.DefaultRoom)
	source := sourcetest.MustBuild(w.T, kind(), config, bridge.Env{
		Name: "tested", Version: "1.2.3", Temp: w.TempDir(), Dial: w.Dial, Keep: w.keep, Tape: recorder,
	})
	if since != nil {
		since = source.(bridge.Resuming).Mark(since)
	}
	began := time.Now()
	p := sourcetest.Poll(ctx, source, since)
	made, err := recorder.Recording(tape.Recording{Source: "tested", Clock: began, Cursor: []byte(since)})
	if err != nil {
		w.Fatal(err)
	}
	files, err := made.Files()
	dir := filepath.Join(w.TempDir(), "recording")
	if err = errors.Join(err, tape.Write(dir, files)); err != nil {
		w.Fatal(err)
	}
	for _, file := range files {
		if text := string(file.Content); strings.Contains(text, sourcetest.Marker) || strings.Contains(text, "access-") {
			w.Errorf("%s tells a secret:\n%s", file.Name, text)
		}
	}
	read, err := tape.Read(dir)
	if err != nil {
		w.Fatal(err)
	}
	return p, read
}

// replay polls a new source once over a recording, long after. It dials nobody, and takes no time.
func (w *world) replay(r *tape.Recording, config string) sourcetest.Polled {
	w.Helper()
	time.Sleep(100 * 24 * time.Hour)
	began := time.Now()
	player := tape.NewPlayer(r)
	source := sourcetest.MustBuild(w.T, kind(), config, bridge.Env{
		Name: "tested", Temp: w.TempDir(), Tape: player,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			w.Error("a replay dials")
			return nil, errors.New("offline")
		},
	})
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	p := sourcetest.Poll(ctx, source, bridge.Cursor(r.Cursor))
	if took := time.Since(began); took > 0 {
		w.Errorf("the replay took %s", took)
	}
	if left := player.Left(); len(left) > 0 {
		w.Errorf("not asked for: %q", left)
	}
	return p
}

// same checks that a replay lists what the poll did.
func (w *world) same(live, played sourcetest.Polled) {
	w.Helper()
	if live.Err != nil || played.Err != nil {
		w.Fatalf("recorded: %v, replayed: %v", live.Err, played.Err)
	}
	if live.Outcome.Coverage != played.Outcome.Coverage || live.Keys() != played.Keys() || live.Keys() == "" {
		w.Errorf("recorded %s %q, replayed %s %q", live.Outcome.Coverage, live.Keys(), played.Outcome.Coverage, played.Keys())
	}
}

// H9: a recording holds the plain body of what came compressed, no credential in whatever place it went, and what came
// from other servers.
func TestARecordedPollIsReplayedWithoutServersAndCredentials(t *testing.T) {
	for name, auth := range map[string]string{
		"bearer": "auth \"bearer\" {\n token = env(\"T\")\n}",
		"query":  "auth \"api_key\" {\n name = \"k\"\n value = env(\"T\")\n in = \"query\"\n}",
		"cookie": "auth \"basic\" {\n username = \"me\"\n password = env(\"T\")\n}",
		"oauth2": "auth \"oauth2\" {\n token_url = \"http://" + sourcetest.TokenAddress + "/token\"\n client_id = \"me\"\n client_secret = env(\"T\")\n}",
		"sigv4":  "auth \"aws_sigv4\" {\n region = \"eu-west-1\"\n service = \"execute-api\"\n access_key = \"AKIAsome\"\n secret_key = env(\"T\")\n}",
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
					if r.URL.Path == "/items" {
						nethttp.Redirect(rw, r, "/moved", nethttp.StatusFound)
						return
					}
					rw.Header().Set("Link", `<http://other.test/more?page=2>; rel="next"`)
					rw.Header().Set("Content-Type", "application/json")
					rw.Header().Set("Content-Encoding", "gzip")
					packed := gzip.NewWriter(rw)
					_, _ = fmt.Fprintf(packed, `[{"id":1,"echo":%q}]`, fmt.Sprint(r.Header, r.URL))
					_ = packed.Close()
				})
				w.serve("other.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(2, 3)) })
				config := byLink[:strings.Index(byLink, "page")] + "page \"link\" {\n hosts = [\"other.test\"]\n}\n" + auth
				live, r := w.record(w.Context(), config, nil)
				w.same(live, w.replay(r, config))
				if len(r.Exchanges) != 3 {
					w.Errorf("%d exchanges were recorded", len(r.Exchanges))
				}
			})
		})
	}
}

// What was tried again is tried again, in the order in which it was answered and without a wait, whatever the server
// said of its limits.
func TestAReplayWaitsForNothing(t *testing.T) {
	in(t, func(w *world) {
		tries := 0
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			tries++
			rw.Header().Set("RateLimit", `"a";r=0;t=20`)
			switch {
			case tries < 3:
				rw.Header().Set("Retry-After", "7")
				rw.WriteHeader(nethttp.StatusServiceUnavailable)
			case r.URL.RawQuery == "":
				rw.Header().Set("Link", `<?page=2>; rel="next"`)
				answerJSON(rw, ids(1))
			default:
				answerJSON(rw, ids(2))
			}
		})
		live, r := w.record(w.Context(), byLink, nil)
		w.same(live, w.replay(r, byLink))
		if len(r.Exchanges) != 4 {
			w.Errorf("%d exchanges were recorded", len(r.Exchanges))
		}
	})
}

// A poll that failed fails in the replay, for the same reason.
func TestAPollThatFailedFailsInTheReplay(t *testing.T) {
	for name, test := range map[string]struct {
		answer nethttp.HandlerFunc
		config string
		says   string
	}{
		"busy":    {func(rw nethttp.ResponseWriter, _ *nethttp.Request) { rw.WriteHeader(nethttp.StatusBadGateway) }, plain, "status 502"},
		"refused": {nethttp.NotFound, plain, "status 404 (look at url)"},
		"silent":  {func(_ nethttp.ResponseWriter, r *nethttp.Request) { <-r.Context().Done() }, plain, "no answer within 30s (header_timeout)"},
		"cut": {func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(rw, `[{"id":1},`)
		}, plain, "cut off"},
		"unbounded": {func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			conn, _, _ := nethttp.NewResponseController(rw).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n{\"id\":1}\n")
			_ = conn.Close()
		}, plain, "neither its length nor its end"},
		"coded": {func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Encoding", "br")
			answerJSON(rw, "packed")
		}, plain, `Content-Encoding "br"`},
		"large": {func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(make([]int, 999)...)) }, plain + "max_body = \"1KiB\"", "max_body"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", test.answer)
				ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
				defer cancel()
				live, r := w.record(ctx, test.config, nil)
				w.failed(live, test.says)
				if played := w.replay(r, test.config); played.Err == nil || played.Err.Error() != live.Err.Error() {
					w.Errorf("recorded: %v\nreplayed: %v", live.Err, played.Err)
				}
			})
		})
	}
}

// A credential that was refused and had anew meanwhile is none in the replay, and the second answer counts.
func TestARenewedCredentialIsPlayedOver(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		source := w.build(byRefresh)
		w.pollAgain(source)
		server.revoke()
		refused := 0
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if refused++; r.URL.Path == "/items" && refused < 3 {
				rw.WriteHeader(nethttp.StatusUnauthorized)
				return
			}
			server.ServeHTTP(rw, r)
		})
		live, r := w.record(w.Context(), byRefresh, nil)
		w.same(live, w.replay(r, byRefresh))
		if len(r.Exchanges) != 2 || r.Exchanges[0].Answer.Status != 401 {
			w.Errorf("%d exchanges were recorded", len(r.Exchanges))
		}
	})
}

// One that could not be had anew is still refused.
func TestACredentialThatWasRefusedForGoodIsRefusedInTheReplay(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/items" {
				server.refresh = "" // the next token is refused
				rw.WriteHeader(nethttp.StatusUnauthorized)
				return
			}
			server.ServeHTTP(rw, r)
		})
		live, r := w.record(w.Context(), byRefresh, nil)
		w.failed(live, "status 401", "renew the credential")
		w.failed(w.replay(r, byRefresh), "status 401 (look at auth)")
	})
}

// The clock of a replay stands where it stood: what was too young then is so again, and the request asks since the
// same instant.
func TestAReplayIsOfItsTime(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		config := changing + "cursor {\n field = item.at\n param = \"since\"\n start = \"-24h\"\n lag = \"1h\"\n}"
		l.touch("a", 25*time.Hour)
		l.touch("b", 3*time.Hour)
		l.touch("c", 10*time.Minute)
		live, r := w.record(w.Context(), config, nil)
		w.same(live, w.replay(r, config))
		w.check(live, bridge.Changes, "b")
	})
}

// A poll that goes on from the last one is recorded from there, and its cursor holds nothing but where that is.
func TestARecordingGoesOnFromACursor(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		config := changing + "headers = { X = env(\"T\") }\ncursor {\n field = item.at\n param = \"since\"\n}"
		l.touch("a", 3*time.Hour)
		first := sourcetest.Poll(w.Context(), w.build(config), nil)
		w.check(first, bridge.Complete, "a")
		l.touch("b", time.Hour)
		live, r := w.record(w.Context(), config, first.Outcome.Cursor)
		w.check(live, bridge.Changes, "a b")
		w.same(live, w.replay(r, config))
		w.same(live, w.replay(r, strings.Replace(config, "X =", "Y =", 1))) // the configuration has changed since
		if source := w.build(plain).(bridge.Resuming); source.Mark(first.Outcome.Cursor) != nil {
			w.Error("a source without a cursor has a mark")
		}
	})
}

// The body of a request tells one page from the other.
func TestPagesThatAreAskedForInABodyAreReplayed(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), `"after":null`) {
				answerJSON(rw, `{"data":`+ids(1)+`,"end":"x1"}`)
				return
			}
			answerJSON(rw, `{"data":`+ids(2)+`,"end":null}`)
		})
		config := `
			url    = "http://api.test/graphql"
			method = "POST"
			body   = { query = "{ items }", variables = { after = page.value, key = env("T") } }
			items  = body.data
			key    = item.id
			page "cursor" {
				value = body.end
			}
		`
		live, r := w.record(w.Context(), config, nil)
		w.same(live, w.replay(r, config))
	})
}
