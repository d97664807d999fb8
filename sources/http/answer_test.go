package http_test

import (
	"compress/gzip"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// P8 and H5: each of these answers with status 200 fails the poll and says why.
func TestAnAnswerThatDoesNotFitFailsThePoll(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, c := range map[string]struct {
		contentType, body string
		words             []string
	}{
		"a page of HTML":          {"text/html; charset=utf-8", "<html>", []string{"text/html", "login page"}},
		"HTML that says JSON":     {"application/json", "<!DOCTYPE html>", []string{"invalid JSON"}},
		"XML":                     {"application/xml", "<a/>", []string{"application/xml, not JSON"}},
		"CSV":                     {"text/csv", "id\n1\n", []string{"text/csv, not JSON"}},
		"lines":                   {"application/x-ndjson", `{"id":1}`, []string{"set format"}},
		"half a JSON":             {"application/json", `{"data":[{"id":1},{"id":`, []string{"truncated"}},
		"an empty object":         {"application/json", `{}`, []string{"nothing at the path", "items"}},
		"an error object":         {"application/json", `{"error":"no","code":7}`, []string{"error, code", "items"}},
		"null for a list":         {"application/json", `{"data":null}`, []string{"null", "items"}},
		"an object for a list":    {"application/json", `{"data":{"a":1}}`, []string{"no list", "an object"}},
		"text for a list":         {"application/json", `{"data":"none"}`, []string{"no list", "a string"}},
		"a list for an object":    {"application/json", `[{"id":1}]`, []string{"nothing at the path", "list"}},
		"no key":                  {"application/json", `{"data":[{"id":1},{"id":2},{"name":"x"}]}`, []string{"page 1", "item 2", "no key", "item.id"}},
		"null for a key":          {"application/json", `{"data":[{"id":null}]}`, []string{"item 0", "no key"}},
		"empty text for a key":    {"application/json", `{"data":[{"id":""}]}`, []string{"item 0", "no key"}},
		"an object for a key":     {"application/json", `{"data":[{"id":{}}]}`, []string{"item 0", "no key"}},
		"an item that is no item": {"application/json", `{"data":[7]}`, []string{"item 0", "no key"}},
		"nothing":                 {"application/json", "", []string{"empty"}},
		"only space":              {"application/json", " \n", []string{"empty"}},
		"two documents":           {"application/json", `{"data":[]}{"data":[]}`, []string{"more data"}},
		"nested too deep":         {"application/json", `{"data":[{"id":1,"x":` + deep + `}]}`, []string{"max_depth"}},
		"a name twice":            {"application/json", `{"data":[{"id":1,"id":2}]}`, []string{"duplicate"}},
		"invalid UTF-8":           {"application/json", "{\"data\":[{\"id\":\"\xff\"}]}", []string{"UTF-8"}},
		"a NUL":                   {"application/json", "{\"data\":[{\"id\":\"\x00\"}]}", []string{"invalid"}},
		"NaN":                     {"application/json", `{"data":[{"id":NaN}]}`, []string{"invalid"}},
		"a single quote":          {"application/json", `{'data':[]}`, []string{"invalid"}},
		"UTF-16":                  {"application/json", "\xff\xfe[\x00]\x00", []string{"invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", serveText(c.contentType, c.body).ServeHTTP)
				w.bad(`
					url    = "http://api.test/"
					format = "json"
					items  = body.data
					key    = item.id
				`, append(c.words, "page 1")...)
			})
		})
	}
}

// H5: what is odd and right.
func TestAnOddAnswerThatFitsIsReadRight(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body, keys string }{
		"an empty list":             {"application/json", `[]`, ""},
		"a byte order mark":         {"application/json", "\ufeff" + ids(1), "1"},
		"space around":              {"application/json", "\r\n\t " + ids(1) + " \n", "1"},
		"another JSON type":         {"application/vnd.api+json; charset=utf-8", ids(1), "1"},
		"large numbers":             {"application/json", ids(9007199254740993), "9007199254740993"},
		"a long string":             {"application/json", `[{"x":"` + strings.Repeat("ä", 1<<20) + `","id":1}]`, "1"},
		"escapes in a name":         {"application/json", `[{"\u0069d":1}]`, "1"},
		"names in other places":     {"application/json", `[{"a":{"id":1,"data":[]},"id":2}]`, "2"},
		"lines":                     {"application/x-ndjson", "{\"id\":1}\n\n{\"id\":2}\r\n{\"id\":3}", "1 2 3"},
		"lines of another name":     {"application/jsonl", "{\"id\":1}\n", "1"},
		"lines that are no +json":   {"application/stream+json", "{\"id\":1}\n{\"id\":2}\n", "1 2"},
		"no line at all":            {"application/x-ndjson", "", ""},
		"a type in capital letters": {"Application/JSON", ids(1), "1"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", serveText(c.contentType, c.body).ServeHTTP)
				w.good(plain, bridge.Complete, c.keys)
			})
		})
	}
}

func TestTheFormatIsToldByTheConfigWhereTheServerIsVague(t *testing.T) {
	for _, contentType := range []string{"text/plain", "application/octet-stream", ""} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header()["Content-Type"] = []string{contentType}
				if contentType == "" {
					rw.Header()["Content-Type"] = nil
				}
				_, _ = io.WriteString(rw, `{"id":1}`+"\n")
			})
			w.bad(plain, "set format")
			w.good(plain+"format = \"ndjson\"", bridge.Complete, "1")
			w.bad(plain+"format = \"json\"", "no list")
		})
	}
}

func TestEveryStatusButSuccessFails(t *testing.T) {
	for code, words := range map[int][]string{
		201: nil, 204: {"204", "no body"}, 205: {"205", "no body"}, 206: {"206", "part"}, 300: {"300"},
		400: {"400"}, 401: {"401", "auth"}, 403: {"403", "auth"}, 404: {"404", "url"}, 410: {"410", "url"}, 418: {"418"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(code)
				if code != 204 && code != 205 {
					_, _ = io.WriteString(rw, ids(1))
				}
			})
			if words == nil {
				w.good(plain, bridge.Complete, "1")
				return
			}
			w.bad(plain, append(words, "page 1", "http://api.test/items")...)
		})
	}
}

// What an error says of the answer is one short line.
func TestAnErrorQuotesTheStartOfTheAnswer(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.WriteHeader(nethttp.StatusBadRequest)
			_, _ = io.WriteString(rw, "{\n  \"message\": \"\x1b[31mno such field\"\n}"+strings.Repeat(" x", 100_000))
		})
		p := w.bad(plain+"query = { q = \"s\" }", "400", `{ \"message\": \" [31mno such field\" }`)
		if text := p.Err.Error(); len(text) > 400 || strings.Contains(text, "\n") || strings.Contains(text, "q=s") {
			w.Errorf("error %q", text)
		}
	})
}

func TestCompressionIsUndoneOnceAndOnlyWhereItWasAskedFor(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip, zstd, deflate" {
				w.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(rw)
			_, _ = io.WriteString(packed, ids(1))
			_ = packed.Close()
		})
		w.good(plain, bridge.Complete, "1")
	})
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Encoding", "br")
			answerJSON(rw, ids(1))
		})
		w.bad(plain, "Content-Encoding", "br")
	})
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			answerJSON(rw, ids(1))
		})
		w.bad(plain, "gzip")
	})
}

// P4: a truncated body, in each way in which one can be.
func TestATruncatedAnswerYieldsNothing(t *testing.T) {
	whole := "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n\r\n%s"
	lines := "{\"id\":1}\n{\"id\":2}\n"
	for name, raw := range map[string]string{
		"by its length":         fmt.Sprintf(whole, "application/x-ndjson", "Content-Length: 99", lines),
		"in a chunk":            fmt.Sprintf(whole, "application/x-ndjson", "Transfer-Encoding: chunked", "99\r\n"+lines),
		"between chunks":        fmt.Sprintf(whole, "application/x-ndjson", "Transfer-Encoding: chunked", "12\r\n"+lines+"\r\n"),
		"without saying so":     fmt.Sprintf(whole, "application/x-ndjson", "Connection: close", lines),
		"JSON, without saying":  fmt.Sprintf(whole, "application/json", "Connection: close", `[{"id":1},{"id":2}`),
		"compressed, no ending": fmt.Sprintf(whole, "application/x-ndjson", "Content-Encoding: gzip\r\nConnection: close", packed(lines)[:20]),
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", hijacked(raw))
				p := w.bad(plain, "page 1")
				if strings.HasPrefix(name, "JSON") {
					return // what came before the break is found in it while it is read
				}
				if len(p.Items) > 0 {
					w.Errorf("it yielded %q", p.Keys())
				}
			})
		})
	}
}

func packed(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// hijacked writes raw bytes and closes the connection.
func hijacked(raw string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		conn, _, err := nethttp.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

// A server that answers no HTTP at all, or closes at once.
func TestAnAnswerThatIsNoHTTPFails(t *testing.T) {
	for _, raw := range []string{"", "220 smtp.test ESMTP\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA b\r\n\r\n"} {
		in(t, func(w *world) {
			w.serve("api.test", hijacked(raw))
			w.bad(plain, "page 1", "http://api.test/items")
		})
	}
	in(t, func(w *world) { w.bad(plain, "page 1", "no such host") })
}

func TestAPOSTSendsItsBodyAsJSON(t *testing.T) {
	for body, want := range map[string]string{
		`{ query = "a < b", first = 10 }`:     `{"first":10,"query":"a < b"}`,
		`jsonencode({ query = "x" })`:         `{"query":"x"}`,
		"<<EOT\n{\"raw\": [1.0, 1e3]}\nEOT\n": "{\"raw\": [1.0, 1e3]}\n",
		`[1, true, null]`:                     `[1,true,null]`,
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				got, _ := io.ReadAll(r.Body)
				if !equalJSON(string(got), want) || r.Method != nethttp.MethodPost || r.Header.Get("Content-Type") != "application/json" {
					w.Errorf("%s got %s with %s", r.Method, got, r.Header.Get("Content-Type"))
				}
				answerJSON(rw, ids(1))
			})
			w.good(plain+"method = \"POST\"\nbody = "+body, bridge.Complete, "1")
		})
	}
}

func TestQueryAndHeadersAreSentAsTheConfigHasThem(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if got := r.Header.Get("X-Team") + r.Header.Get("User-Agent") + r.Header.Get("Authorization"); got != "platformmineBearer "+sourcetest.Secret {
				w.Errorf("headers %v", r.Header)
			}
			answerJSON(rw, ids(1))
		})
		w.good(`
			url     = "http://api.test/items?state=open&x=%2F"
			query   = { state = "all", per_page = 100, flag = true, none = null, q = "a b&c" }
			headers = { x-team = "platform", User-Agent = "mine" }
			key     = item.id
			auth "bearer" {
				token = env("T")
			}
		`, bridge.Complete, "1")
		w.requests("GET api.test/items?x=%2F&flag=true&per_page=100&q=a+b%26c&state=all")
	})
}
