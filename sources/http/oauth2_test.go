package http_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// An issuer is an OAuth 2.0 server (RFC 6749) with the API that it protects. It gives a new refresh token for each
// that is used, and takes one that is used twice for stolen: then it revokes all there are, as RFC 9700 (section
// 4.14.2) advises.
type issuer struct {
	mu       sync.Mutex
	life     int             // of an access token, in seconds
	body     bool            // a client shows who it is in the body only
	count    int             // tokens given
	access   map[string]bool // that are good
	refresh  string          // that is good
	used     map[string]bool
	grants   []string // requests for tokens: grant, and what came of it
	calls    []string // of the API, by the token that they bore
	answered func()   // when a token was given, before the answer leaves
}

func newIssuer(life int) *issuer {
	return &issuer{life: life, access: map[string]bool{}, refresh: "refresh-0", used: map[string]bool{}}
}

func (i *issuer) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	if strings.HasPrefix(r.URL.Path, "/token") {
		i.token(w, r)
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	i.mu.Lock()
	i.calls = append(i.calls, token)
	good := i.access[token]
	i.mu.Unlock()
	if !good {
		w.WriteHeader(nethttp.StatusUnauthorized)
		return
	}
	answerJSON(w, ids(1))
}

func (i *issuer) token(w nethttp.ResponseWriter, r *nethttp.Request) {
	code, answer := i.grant(r)
	w.Header().Set("Content-Type", "application/json")
	if code != "" {
		w.WriteHeader(nethttp.StatusBadRequest)
		answer = map[string]any{"error": code}
	} else if i.answered != nil {
		i.answered()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// grant decides on a request for a token.
func (i *issuer) grant(r *nethttp.Request) (code string, answer map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	client, secret, _ := r.BasicAuth()
	if i.body {
		client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	grant := r.PostFormValue("grant_type")
	switch presented := r.PostFormValue("refresh_token"); {
	case client != "me" || secret != "client-secret":
		code = "invalid_client"
	case grant == "refresh_token" && i.used[presented]:
		i.access, i.refresh, code = map[string]bool{}, "", "invalid_grant"
	case grant == "refresh_token" && presented != i.refresh:
		code = "invalid_grant"
	case grant == "refresh_token":
		i.used[presented] = true
	}
	i.grants = append(i.grants, strings.TrimSpace(grant+" "+code))
	if code != "" {
		return code, nil
	}
	return "", i.give(grant)
}

func (i *issuer) give(grant string) map[string]any {
	i.count++
	answer := map[string]any{"access_token": fmt.Sprint("access-", i.count), "token_type": "Bearer"}
	i.access[fmt.Sprint("access-", i.count)] = true
	if i.life > 0 {
		answer["expires_in"] = i.life
	}
	if grant == "refresh_token" {
		i.refresh = fmt.Sprint("refresh-", i.count)
		answer["refresh_token"] = i.refresh
	}
	return answer
}

// revoke makes all access tokens bad.
func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.access = map[string]bool{}
}

func (i *issuer) granted(t *testing.T, want string) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	if got := strings.Join(i.grants, ", "); got != want {
		t.Errorf("asked for tokens: %s; want %s", got, want)
	}
}

const (
	byClient = "url = \"http://api.test/items\"\nkey = item.id\nauth \"oauth2\" {\n token_url = \"http://api.test/token\"\n" +
		" client_id = \"me\"\n client_secret = \"client-secret\"\n}\n"
	byRefresh = "url = \"http://api.test/items\"\nkey = item.id\nauth \"oauth2\" {\n grant = \"refresh_token\"\n" +
		" token_url = \"http://api.test/token\"\n client_id = \"me\"\n client_secret = \"client-secret\"\n" +
		" refresh_token = \"refresh-0\"\n}\n"
)

// pollAgain polls a source that has to do well.
func (w *world) pollAgain(source bridge.Source) {
	w.Helper()
	w.check(sourcetest.Poll(w.Context(), source, nil), bridge.Complete, "1")
}

// H3: the expiry of a token is heeded, with time to spare.
func TestATokenIsAskedForOnceAndAgainShortlyBeforeItEnds(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(3600)
		w.Serve(w.T, "api.test:80", server)
		source := w.build(byClient)
		for range 3 {
			w.pollAgain(source)
		}
		server.granted(w.T, "client_credentials")
		time.Sleep(59*time.Minute - time.Second)
		w.pollAgain(source)
		server.granted(w.T, "client_credentials")
		time.Sleep(2 * time.Second)
		w.pollAgain(source)
		server.granted(w.T, "client_credentials, client_credentials")
	})
}

// H3: a token that the API refuses before its time is replaced, once for a request.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(0)
		w.Serve(w.T, "api.test:80", server)
		source := w.build(byClient)
		w.pollAgain(source)
		server.revoke()
		w.pollAgain(source)
		server.granted(w.T, "client_credentials, client_credentials")

		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/token" {
				server.ServeHTTP(rw, r)
				return
			}
			w.asked = append(w.asked, r.Header.Get("Authorization"))
			rw.WriteHeader(nethttp.StatusUnauthorized)
		}))
		w.failed(sourcetest.Poll(w.Context(), source, nil), "status 401", "look at auth")
		w.requests("Bearer access-2", "Bearer access-3")
	})
}

func TestAClientShowsWhoItIsInTheBodyWhereTheHeaderIsNotTaken(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(60)
		server.body = true
		w.Serve(w.T, "api.test:80", server)
		source := w.build(byClient)
		w.pollAgain(source)
		time.Sleep(time.Minute)
		w.pollAgain(source)
		server.granted(w.T, "client_credentials invalid_client, client_credentials, client_credentials")
	})
}

func TestScopesAndParametersGoToTheTokenEndpoint(t *testing.T) {
	in(t, func(w *world) {
		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/token" {
				if r.PostFormValue("scope") != "read write" || r.PostFormValue("audience") != sourcetest.Secret {
					w.Errorf("it got %v", r.PostForm)
				}
				sourcetest.Tokens().ServeHTTP(rw, r)
				return
			}
			answerJSON(rw, ids(1))
		}))
		w.good(strings.Replace(byClient, " client_id", " scopes = [\"read\", \"write\"]\n params = { audience = env(\"T\") }\n client_id", 1),
			bridge.Complete, "1")
	})
}

// H3: concurrent users of one credential wait for one request.
func TestConcurrentPollsOfOneCredentialRefreshOnce(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		server.answered = func() { time.Sleep(time.Second) }
		w.Serve(w.T, "api.test:80", server)
		sources := w.shared(byRefresh, 10)
		for round := range 3 {
			if round == 2 {
				server.revoke()
			}
			var all sync.WaitGroup
			for _, source := range sources {
				all.Go(func() { w.pollAgain(source) })
			}
			all.Wait()
			if round == 0 {
				time.Sleep(10 * time.Minute)
			}
		}
		server.granted(w.T, "refresh_token, refresh_token, refresh_token")
	})
}

func TestConcurrentPollsShareTheFailureOfARefresh(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		server.refresh = "another"
		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			time.Sleep(time.Second)
			server.ServeHTTP(rw, r)
		}))
		var all sync.WaitGroup
		for _, source := range w.shared(byRefresh, 10) {
			all.Go(func() {
				p := sourcetest.Poll(w.Context(), source, nil)
				w.failed(p, "invalid_grant", "look at auth")
				if !bridge.IsRefused(p.Err) {
					w.Errorf("S3: %v is not taken for a refusal that lasts", p.Err)
				}
			})
		}
		all.Wait()
		server.granted(w.T, "refresh_token invalid_grant")
	})
}

// shared builds sources of one shared block.
func (w *world) shared(config string, count int) (sources []bridge.Source) {
	w.Helper()
	head, auth, _ := strings.Cut(config, "auth ")
	lent := sourcetest.Share(w.T, "auth "+auth)
	for range count {
		sources = append(sources, sourcetest.MustBuild(w.T, http.Kind(), head+"auth = auth.shared", bridge.Env{
			Name: "tested", Dial: w.Dial, Keep: w.keep, Refer: lent,
		}))
	}
	return sources
}

// H3: what replaces a refresh token is on disk before it is used, and is what the next start uses.
func TestARotatedRefreshTokenOutlivesTheProcess(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		for range 3 {
			w.pollAgain(w.build(byRefresh)) // a new source each, as after a restart
		}
		server.granted(w.T, "refresh_token, refresh_token, refresh_token")
	})
}

// faulty is a keep that fails while it is told to.
type faulty struct {
	*sourcetest.Keep
	fails func(value []byte) bool
}

func (f *faulty) Save(ctx context.Context, name string, value []byte) error {
	if f.fails(value) {
		return errors.New("disk is full")
	}
	return f.Keep.Save(ctx, name, value)
}

// H3: nothing is asked for that could not be kept, and nothing is used that was not.
func TestAnAccessTokenIsNotUsedBeforeItsRefreshTokenIsKept(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		keep := &faulty{w.keep, func([]byte) bool { return true }}
		source := sourcetest.MustBuild(w.T, http.Kind(), byRefresh, bridge.Env{Name: "tested", Dial: w.Dial, Keep: keep})
		w.failed(sourcetest.Poll(w.Context(), source, nil), "keep refresh token", "disk is full")
		server.granted(w.T, "")

		keep.fails = func(value []byte) bool { return strings.Contains(string(value), "refresh-1") }
		w.failed(sourcetest.Poll(w.Context(), source, nil), "keep refresh token")
		w.failed(sourcetest.Poll(w.Context(), source, nil), "keep refresh token")
		if len(server.calls) > 0 {
			w.Errorf("the API was asked with %v", server.calls)
		}
		keep.fails = func([]byte) bool { return false }
		w.pollAgain(source)
		server.granted(w.T, "refresh_token, refresh_token")
	})
}

func TestWithoutAPlaceToKeepItNoRefreshTokenIsUsed(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		source := sourcetest.MustBuild(w.T, http.Kind(), byRefresh, bridge.Env{Name: "tested", Dial: w.Dial})
		w.failed(sourcetest.Poll(w.Context(), source, nil), "nowhere to keep")
		server.granted(w.T, "")
	})
}

// H3: the operator's word is the last one.
func TestANewRefreshTokenInTheConfigWinsOverTheOneThatWasKept(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		w.pollAgain(w.build(byRefresh))
		server.refresh = "by-hand"
		config := strings.Replace(byRefresh, "refresh-0", "by-hand", 1)
		w.pollAgain(w.build(config))
		w.pollAgain(w.build(config))
		server.granted(w.T, "refresh_token, refresh_token, refresh_token")
	})
}

// A plan beside the daemon uses the same refresh token.
func TestARefreshTokenThatAnotherProcessReplacedIsReadAgain(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		daemon, plan := w.build(byRefresh), w.build(byRefresh)
		for range 3 {
			w.pollAgain(daemon)
			w.pollAgain(plan)
			time.Sleep(10 * time.Minute)
		}
		server.granted(w.T, "refresh_token"+strings.Repeat(", refresh_token", 5))
	})
}

// H3: an answer that comes just after the end of a poll may hold the only good refresh token.
func TestARefreshTokenThatComesAfterTheEndOfAPollIsKept(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		server.answered = func() { time.Sleep(3 * time.Second) }
		w.Serve(w.T, "api.test:80", server)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		w.failed(sourcetest.Poll(ctx, w.build(byRefresh), nil), "deadline")
		server.answered = nil
		w.pollAgain(w.build(byRefresh))
		server.granted(w.T, "refresh_token, refresh_token")
	})
}

func TestAServerOfTokensThatHangsEndsThePollSoonAfterItsDeadline(t *testing.T) {
	for config, most := range map[string]time.Duration{byClient: 0, byRefresh: 5 * time.Second} {
		in(t, func(w *world) {
			w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) {
				_ = r.ParseForm()
				<-r.Context().Done()
			}))
			ctx, cancel := context.WithTimeout(w.Context(), time.Second)
			defer cancel()
			began := time.Now()
			w.failed(sourcetest.Poll(ctx, w.build(config), nil), "deadline")
			if took := time.Since(began); took > time.Second+most {
				w.Errorf("it took %s", took)
			}
			w.bad(config, "header_timeout")
		})
	}
}

func TestAServerOfTokensThatIsBusyIsAskedAgainWithinThePoll(t *testing.T) {
	in(t, func(w *world) {
		server, refusals := newIssuer(600), 2
		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if refusals--; refusals >= 0 {
				rw.Header().Set("Retry-After", "7")
				rw.WriteHeader(nethttp.StatusServiceUnavailable)
				return
			}
			server.ServeHTTP(rw, r)
		}))
		began := time.Now()
		w.good(byRefresh, bridge.Complete, "1")
		if took := time.Since(began); took < 14*time.Second {
			w.Errorf("it waited %s", took)
		}

		source := w.build(byRefresh)
		w.pollAgain(source)
		server.revoke()
		busy := server.ServeHTTP
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/token" && len(w.asked) < 4 {
				rw.WriteHeader(nethttp.StatusServiceUnavailable)
				return
			}
			busy(rw, r)
		})
		w.pollAgain(source) // whose token the API refuses meanwhile
	})
}

// H3: a refresh also follows a rule, and helps once.
func TestARefreshFollowsARefreshTokenRule(t *testing.T) {
	in(t, func(w *world) {
		server, expired := newIssuer(0), "access-1"
		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path != "/token" && strings.HasSuffix(r.Header.Get("Authorization"), expired) {
				answerJSON(rw, `{"error":{"code":602}}`)
				return
			}
			server.ServeHTTP(rw, r)
		}))
		config := byRefresh + "response {\n when = body.error.code == 602\n action = \"refresh_token\"\n}\n"
		w.good(config, bridge.Complete, "1")
		server.granted(w.T, "refresh_token, refresh_token")
		expired = ""
		w.bad(config, "602")
		server.granted(w.T, "refresh_token"+strings.Repeat(", refresh_token", 3))
	})
}
