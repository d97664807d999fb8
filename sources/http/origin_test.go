package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// credentials has a secret in every place that goes out with a request.
func credentials() map[string]string {
	return map[string]string{
		"bearer":         `auth "bearer" { token = env("T") }`,
		"basic":          "auth \"basic\" {\n username = \"me\"\n password = env(\"T\")\n}",
		"api key header": "auth \"api_key\" {\n name = \"X-Key\"\n value = env(\"T\")\n}",
		"api key query":  "auth \"api_key\" {\n name = \"key\"\n value = env(\"T\")\n in = \"query\"\n}",
		"api key cookie": "auth \"api_key\" {\n name = \"sid\"\n value = \"" + sourcetest.Marker + "\"\n in = \"cookie\"\n}",
		"oauth2":         "auth \"oauth2\" {\n token_url = \"http://auth.test/\"\n client_id = \"me\"\n client_secret = env(\"T\")\n}",
		"refresh token": "auth \"oauth2\" {\n grant = \"refresh_token\"\n token_url = \"http://auth.test/\"\n client_id = \"me\"\n" +
			" refresh_token = env(\"T\")\n}",
		"login":     "auth \"login\" {\n url = \"http://auth.test/\"\n token = body.access_token\n header = \"X-Key\"\n}",
		"aws_sigv4": "auth \"aws_sigv4\" {\n region = \"r\"\n service = \"s3\"\n access_key = \"a\"\n secret_key = env(\"T\")\n}",
		"header":    `headers = { X-Custom = env("T"), Cookie = "a=b", Accept = "application/json", X-Plain = "plain" }`,
		"query":     `query = { token = env("T") }`,
	}
}

// carries reports whether a request bears anything that is for the origin of the config only.
func carries(r *nethttp.Request) string {
	dump := fmt.Sprintf("%s %v", r.URL, r.Header)
	plain, _ := url.QueryUnescape(dump)
	for _, sign := range []string{sourcetest.Marker, "Authorization", "Cookie", "X-Key", "X-Amz", "X-Custom", "X-Plain", "Referer"} {
		if strings.Contains(dump+plain, sign) {
			return sign + " in " + dump
		}
	}
	return ""
}

// H7: one hop away, over two hops, and back again to where it began.
func TestARedirectToAnotherOriginTakesNoCredentialsAlong(t *testing.T) {
	for name, credential := range credentials() {
		for _, elsewhere := range []string{"http://other.test/here", "http://api.test:8080/here"} {
			in(t, func(w *world) {
				w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
					nethttp.Redirect(rw, r, elsewhere, nethttp.StatusFound)
				})
				target := func(rw nethttp.ResponseWriter, r *nethttp.Request) {
					if found := carries(r); found != "" {
						w.Errorf("%s: %s got %s", name, elsewhere, found)
					}
					if r.Header.Get("User-Agent") != "hookbridge/1.2.3" || !strings.Contains(r.Header.Get("Accept"), "application/json") {
						w.Errorf("what was asked for is not said: %v", r.Header)
					}
					answerJSON(rw, ids(1))
				}
				w.serve("other.test", target)
				w.serve("api.test:8080", target)
				w.good("url = \"http://api.test/items\"\nkey = item.id\n"+credential, bridge.Complete, "1")
			})
		}
	}
}

func TestAChainOfRedirectsThatLeftItsOriginIsNotTrustedAgain(t *testing.T) {
	for name, credential := range credentials() {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if r.URL.Path == "/items" {
					nethttp.Redirect(rw, r, "http://other.test/", nethttp.StatusTemporaryRedirect)
					return
				}
				if found := carries(r); found != "" {
					w.Errorf("%s: on the way back %s", name, found)
				}
				answerJSON(rw, ids(1))
			})
			w.serve("other.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				nethttp.Redirect(rw, r, "http://evil:pass@api.test/back", nethttp.StatusFound)
			})
			w.good("url = \"http://api.test/items\"\nkey = item.id\n"+credential, bridge.Complete, "1")
		})
	}
}

func TestARedirectWithinItsOriginKeepsCredentials(t *testing.T) {
	for name, credential := range credentials() {
		if name == "query" {
			continue // what stands in a URL is replaced by the new URL
		}
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if carries(r) == "" {
					w.Errorf("%s: %s got no credential", name, r.URL)
				}
				if r.URL.Path == "/items" {
					nethttp.Redirect(rw, r, "/moved", nethttp.StatusMovedPermanently)
					return
				}
				if r.Header.Get("Referer") != "" {
					w.Errorf("%s: Referer %q", name, r.Header.Get("Referer"))
				}
				answerJSON(rw, ids(1))
			})
			w.good("url = \"http://api.test/items\"\nkey = item.id\n"+credential, bridge.Complete, "1")
		})
	}
}

// H6: redirects.
func TestRedirectsHaveABound(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(rw, r, fmt.Sprintf("/%d", len(w.asked)), nethttp.StatusFound)
		})
		w.bad("url = \"http://api.test/items\"\nkey = item.id", "5 redirects", "max_redirects")
		w.asked = nil
		w.bad("url = \"http://api.test/items\"\nkey = item.id\nmax_redirects = 0", "0 redirects", "max_redirects")
		w.requests("GET api.test/items")
	})
}

func TestARedirectOfAPOSTIsNotFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				nethttp.Redirect(rw, r, "/elsewhere", code)
			})
			w.bad("url = \"http://api.test/items\"\nkey = item.id\nmethod = \"POST\"\nbody = {}", fmt.Sprint(code), "redirect")
			w.requests("POST api.test/items")
		})
	}
}

func TestARedirectToAnotherSchemeIsNotFollowed(t *testing.T) {
	for _, target := range []string{"file:///etc/passwd", "gopher://api.test/", "ftp://api.test/"} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header().Set("Location", target)
				rw.WriteHeader(nethttp.StatusFound)
			})
			w.bad("url = \"http://api.test/items\"\nkey = item.id", "scheme", "page 1")
		})
	}
}

// H7: the next page is on another origin.
func TestANextPageElsewhereIsRefusedUnlessItsHostIsNamed(t *testing.T) {
	for _, next := range []string{"http://other.test/2", "https://api.test/2", "http://api.test:81/2", "//other.test/2", "http://api.test.evil.test/2"} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header().Set("Link", "<"+next+">; rel=next")
				answerJSON(rw, ids(1))
			})
			w.bad(byLink, "after page 1", "another origin", "hosts")
			w.requests("GET api.test/items")
		})
	}
}

func TestANextPageOnANamedHostGetsNoCredentials(t *testing.T) {
	for name, credential := range credentials() {
		for _, host := range []string{"other.test", "OTHER.test:80", "http://other.test"} {
			in(t, func(w *world) {
				w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
					if carries(r) == "" {
						w.Errorf("%s: the origin of the config got no credential", name)
					}
					switch r.URL.Path {
					case "/items":
						rw.Header().Set("Link", "<http://user:pass@other.test/2>; rel=next")
						answerJSON(rw, ids(1))
					case "/3":
						answerJSON(rw, ids(3))
					}
				})
				w.serve("other.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
					if found := carries(r); found != "" {
						w.Errorf("%s: the other host got %s", name, found)
					}
					rw.Header().Set("Link", "<http://api.test/3?token=x"+sourcetest.Marker+">; rel=next")
					answerJSON(rw, ids(2))
				})
				w.good(fmt.Sprintf("url = \"http://api.test/items\"\nkey = item.id\npage \"link\" {\n hosts = [%q]\n}\n%s", host, credential),
					bridge.Complete, "1 2 3")
			})
		}
	}
}

func TestABodyWithASecretDoesNotGoToAnotherHost(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Link", "<http://other.test/2>; rel=next")
			answerJSON(rw, ids(1))
		})
		w.serve("other.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(2)) })
		config := "url = \"http://api.test/\"\nkey = item.id\nmethod = \"POST\"\npage \"link\" {\n hosts = [\"other.test\"]\n}\n"
		w.bad(config+`body = { token = env("T") }`, "page 2", "secret", "another origin")
		w.good(config+`body = { token = "none" }`, bridge.Complete, "1 2")
	})
}

// A server that echoes the key in its next link, changed or not, gets it once.
func TestAKeyInTheQueryIsSentOnce(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if got := r.URL.Query()["key"]; len(got) != 1 || got[0] != sourcetest.Secret {
				w.Errorf("%s: key %q", r.URL, got)
			}
			if r.URL.Path == "/items" {
				rw.Header().Set("Link", "</2?a=%2F&key=***&b=1;2>; rel=next")
			} else if !strings.HasPrefix(r.URL.RawQuery, "a=%2F&b=1;2&key=") {
				w.Errorf("the query was rewritten: %s", r.URL.RawQuery)
			}
			answerJSON(rw, ids(len(w.asked)))
		})
		w.good(byLink+credentials()["api key query"], bridge.Complete, "1 2")
	})
}

// D20: without a Dial of its own a source uses the guard, for redirects as for the first request.
func TestTheMetadataServiceIsOutOfReach(t *testing.T) {
	source := sourcetest.MustBuild(t, kind(), "url = \"http://169.254.169.254/latest\"\nkey = item.id", bridge.Env{})
	if p := sourcetest.Poll(t.Context(), source, nil); p.Err == nil || !strings.Contains(p.Err.Error(), "metadata") {
		t.Errorf("error %v", p.Err)
	}
	server := local(t, nethttp.RedirectHandler("http://[::ffff:169.254.169.254]/latest", nethttp.StatusFound))
	source = sourcetest.MustBuild(t, kind(), fmt.Sprintf("url = %q\nkey = item.id", server), bridge.Env{})
	if p := sourcetest.Poll(t.Context(), source, nil); p.Err == nil || !strings.Contains(p.Err.Error(), "metadata") {
		t.Errorf("redirected there: error %v", p.Err)
	}
}
