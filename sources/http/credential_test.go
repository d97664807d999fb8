package http_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	nethttp "net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const listed = "url = \"http://api.test/items\"\nkey = item.id\n"

// H3: the token of a login goes where the config says, for as long as it says.
func TestALoginGivesATokenForALifetime(t *testing.T) {
	for config, want := range map[string]string{
		"body = { user = \"me\", password = env(\"T\") }\ntoken = body.session.id": `POST application/json {"password":` +
			`"hush+/mark3r\u0026\u003ct\u003e%","user":"me"} Authorization: Bearer t0k3n`,
		"body = \"user=me&password=x\"\ntoken = \"Token ${body.session.id}\"\nheader = \"Authorization\"": "POST " +
			"application/x-www-form-urlencoded user=me&password=x Authorization: Token t0k3n",
		"method = \"GET\"\ntoken = headers[\"x-token\"]\nheader = \"X-Session\"": "GET   X-Session: in-header",
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if r.URL.Path == "/items" {
					for _, name := range []string{"Authorization", "X-Session"} {
						if value := r.Header.Get(name); value != "" {
							w.asked[len(w.asked)-1] = name + ": " + value
						}
					}
					answerJSON(rw, ids(1))
					return
				}
				body, _ := io.ReadAll(r.Body)
				w.asked[len(w.asked)-1] = fmt.Sprintf("%s %s %s", r.Method, r.Header.Get("Content-Type"), body)
				rw.Header().Set("X-Token", "in-header")
				answerJSON(rw, `{"session":{"id":"t0k3n"}}`)
			})
			source := w.build(plain + "auth \"login\" {\nurl = \"http://api.test/login\"\nlifetime = \"10m\"\n" + config + "\n}")
			w.pollAgain(source)
			if got := strings.Join(w.asked, " "); got != want {
				w.Errorf("it sent\n%s\nwant\n%s", got, want)
			}
			w.pollAgain(source)
			time.Sleep(9 * time.Minute)
			w.pollAgain(source)
			if len(w.asked) != 5 {
				w.Errorf("requests: %q", w.asked)
			}
		})
	}
}

func TestALoginIsMadeAgainWhenItsTokenIsRefused(t *testing.T) {
	in(t, func(w *world) {
		logins := 0
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			switch {
			case r.URL.Path == "/login":
				logins++
				answerJSON(rw, fmt.Sprintf(`{"token":%d}`, logins))
			case r.Header.Get("Authorization") != "Bearer 2":
				rw.WriteHeader(nethttp.StatusUnauthorized)
			default:
				answerJSON(rw, ids(1))
			}
		})
		w.good(listed+"auth \"login\" {\nurl = \"http://api.test/login\"\ntoken = body.token\n}", bridge.Complete, "1")
	})
}

func TestALoginThatGivesNoTokenFailsThePoll(t *testing.T) {
	for answer, words := range map[string][]string{
		`{"other":1}`:       {"holds no token", "http://auth.test"},
		`{"token":null}`:    {"holds no token"},
		`{"token":""}`:      {"holds no token"},
		`{"token":{"a":1}}`: {"holds no token"},
		`<html>`:            {"holds no token"},
		`{"token":"a\nb"}`:  {"no header can carry"},
		"{\"token\":\"" + strings.Repeat("x", 1<<20) + "\"}": {"larger than"},
	} {
		in(t, func(w *world) {
			w.serve("auth.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, answer) })
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(1)) })
			w.bad(listed+"auth \"login\" {\nurl = \"http://auth.test/\"\ntoken = body.token\n}", words...)
			w.requests("POST auth.test/")
		})
	}
}

// H7: the body of a request for a token goes where the config says and nowhere else.
func TestARequestForATokenIsNotRedirected(t *testing.T) {
	for _, credential := range []string{"oauth2", "refresh token", "login"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			in(t, func(w *world) {
				w.Serve(w.T, "auth.test:80", nethttp.RedirectHandler("http://other.test/", code))
				w.serve("other.test", func(_ nethttp.ResponseWriter, r *nethttp.Request) { w.Errorf("asked: %v", r) })
				w.bad(listed+credentials()[credential], fmt.Sprint(code), "redirect")
			})
		}
	}
}

// H3: AWS signatures, checked by the rules of "Create a signed AWS API request", written down here anew.
func TestARequestIsSignedAsAWSChecksIt(t *testing.T) {
	for _, c := range []struct{ service, path, more, canonical, query string }{
		{"execute-api", "/a%20b/items", "query = { b = \"2 3\", a = \"x/y\" }", "/a%2520b/items", "a=x%2Fy&b=2%203"},
		{"execute-api", "/", "method = \"POST\"\nbody = { a = 1 }", "/", ""},
		{"s3", "/a%20b/c", "", "/a%20b/c", ""},
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				w.verify(r, c.service, c.canonical, c.query, "x-amz-security-token")
				answerJSON(rw, ids(1))
			})
			w.good("url = \"http://api.test"+c.path+"\"\nkey = item.id\n"+c.more+
				"\nauth \"aws_sigv4\" {\n region = \"eu-west-1\"\n service = \""+c.service+"\"\n access_key = \"AKID\"\n"+
				" secret_key = env(\"T\")\n session_token = \"session\"\n}", bridge.Complete, "1")
		})
	}
}

// A redirect within the origin is signed anew.
func TestARedirectWithinItsOriginIsSignedAnew(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/items" {
				nethttp.Redirect(rw, r, "/moved?z=1", nethttp.StatusFound)
				return
			}
			w.verify(r, "es", "/moved", "z=1", "x-amz-security-token")
			answerJSON(rw, ids(1))
		})
		w.good(listed+"auth \"aws_sigv4\" {\n region = \"eu-west-1\"\n service = \"es\"\n access_key = \"AKID\"\n"+
			" secret_key = env(\"T\")\n session_token = \"session\"\n}", bridge.Complete, "1")
	})
}

// verify checks a signature, and that it covers the named headers besides those that it always has to.
func (w *world) verify(r *nethttp.Request, service, path, query string, covered ...string) {
	w.Helper()
	fields := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		fields[name] = value
	}
	body, _ := io.ReadAll(r.Body)
	sum := fmt.Sprintf("%x", sha256.Sum256(body))
	var headers strings.Builder
	names := strings.Split(fields["SignedHeaders"], ";")
	for _, name := range names {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(len(body))
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, value)
	}
	for _, name := range append(covered, "host", "x-amz-date") {
		if !slices.Contains(names, name) {
			w.Errorf("%s is not signed: %v", name, names)
		}
	}
	if got := r.Header.Get("X-Amz-Content-Sha256"); service == "s3" && got != sum {
		w.Errorf("the hash of the body is %q", got)
	}
	request := strings.Join([]string{r.Method, path, query, headers.String(), fields["SignedHeaders"], sum}, "\n")
	date := r.Header.Get("X-Amz-Date")
	scope := date[:8] + "/eu-west-1/" + service + "/aws4_request"
	text := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", date, scope, sha256.Sum256([]byte(request)))
	key := []byte("AWS4" + sourcetest.Secret)
	for part := range strings.SplitSeq(scope+"/"+text, "/") {
		if part == "aws4_request" {
			key = hmacOf(key, part)
			break
		}
		key = hmacOf(key, part)
	}
	if want := hex.EncodeToString(hmacOf(key, text)); fields["Signature"] != want || fields["Credential"] != "AKID/"+scope {
		w.Errorf("%s %s: signature %s, want %s over\n%s", r.Method, r.URL, fields["Signature"], want, request)
	}
	if age := time.Since(must(time.Parse("20060102T150405Z", date))); age < 0 || age > time.Minute {
		w.Errorf("signed %s ago", age)
	}
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func hmacOf(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, text)
	return h.Sum(nil)
}

// withFiles builds a source whose config may read files of a directory.
func (w *world) withFiles(dir, config string) bridge.Source {
	w.Helper()
	eval := (&hcl.EvalContext{Functions: expr.Functions()}).NewChild()
	eval.Functions = setting.NewLookup(nil, dir).Functions()
	return sourcetest.MustBuild(w.T, http.Kind(), config, bridge.Env{Name: "tested", Dial: w.Dial, Eval: eval, Keep: w.keep})
}

// H3: secrets in files may change at any time, in every kind.
func TestACredentialFollowsItsFilesWithoutAReload(t *testing.T) {
	for name, auth := range map[string]string{
		"bearer":  `auth "bearer" { token = file("secret") }`,
		"basic":   "auth \"basic\" {\n username = \"me\"\n password = file(\"secret\")\n}",
		"api_key": "auth \"api_key\" {\n name = \"key\"\n value = file(\"secret\")\n in = \"query\"\n}",
		"oauth2":  "auth \"oauth2\" {\n token_url = \"http://api.test/token\"\n client_id = \"me\"\n client_secret = file(\"secret\")\n}",
		"refresh": "auth \"oauth2\" {\n grant = \"refresh_token\"\n token_url = \"http://api.test/token\"\n client_id = \"me\"\n" +
			" refresh_token = file(\"secret\")\n}",
		"login": "auth \"login\" {\n url = \"http://api.test/token\"\n body = { password = file(\"secret\") }\n token = body.access_token\n}",
	} {
		in(t, func(w *world) {
			dir := w.TempDir()
			write := func(text string) {
				if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(text), 0o600); err != nil {
					w.Fatal(err)
				}
			}
			good, seen := "first", ""
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				body, _ := io.ReadAll(r.Body)
				_, password, _ := r.BasicAuth()
				told, _ := url.QueryUnescape(fmt.Sprint(r.URL, r.Header, string(body), password))
				switch {
				case r.URL.Path == "/token":
					seen = told
					if !strings.Contains(told, good) {
						rw.WriteHeader(nethttp.StatusBadRequest)
						return
					}
					answerJSON(rw, `{"access_token":"`+good+`"}`)
				case !strings.Contains(told, good):
					rw.WriteHeader(nethttp.StatusUnauthorized)
				default:
					seen += told
					answerJSON(rw, ids(1))
				}
			})
			write("first")
			source := w.withFiles(dir, listed+auth)
			w.pollAgain(source)
			good, seen = "second", ""
			write("second\n")
			w.pollAgain(source) // the first is refused, and the file is read at once
			if !strings.Contains(seen, "second") {
				w.Errorf("%s: after the change it sent %s", name, seen)
			}
		})
	}
}

// slow is a budget whose turn comes late.
type slow struct{}

func (slow) Acquire(context.Context, string) (bridge.Permit, error) {
	time.Sleep(20 * time.Minute)
	return slow{}, nil
}

func (slow) Wait(string) time.Duration       { return 0 }
func (slow) Leave(string)                    {}
func (slow) Waited() (time.Duration, string) { return 20 * time.Minute, "test" }
func (slow) Observe(int, nethttp.Header)     {}

// A signature of AWS is good for a quarter of an hour, and a token may run out in less.
func TestARequestIsSignedWhenItIsItsTurn(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			w.verify(r, "es", "/items", "")
			answerJSON(rw, ids(1))
		})
		source := sourcetest.MustBuild(w.T, http.Kind(), listed+"auth \"aws_sigv4\" {\n region = \"eu-west-1\"\n service = \"es\"\n"+
			" access_key = \"AKID\"\n secret_key = env(\"T\")\n session_token = \"session\"\n}", bridge.Env{
			Name: "tested", Dial: w.Dial, Budget: func(string) bridge.Budget { return slow{} },
		})
		w.pollAgain(source)
	})
}
