package http_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	nethttp "net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const address = "url = \"http://api.test/items\"\n"

// H5: lists in each format, and what an item looks like.
func TestEachFormatIsReadAsItems(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body, config, keys, first string }{
		"CSV":                  {"text/csv", "id,name\n1,a\n2,b\n", "key = item.id", "1 2", `{"id":"1","name":"a"}`},
		"CSV, no rows":         {"text/csv", "id,name\n", "key = item.id", "", ""},
		"CSV, no header":       {"text/csv", "1,a\n", "key = item[0]\ncsv {\n header = false\n}", "1", `["1","a"]`},
		"CSV, no header, none": {"text/csv", "", "key = item[0]\ncsv {\n header = false\n}", "", ""},
		"CSV by semicolons":    {"text/csv", "id;name\n1;a\n", "key = item.id\ncsv {\n delimiter = \";\"\n}", "1", `{"id":"1","name":"a"}`},
		"CSV by tabs":          {"text/tab-separated-values", "id\tname\n1\ta\n", "key = item.id", "1", `{"id":"1","name":"a"}`},
		"CSV in latin1":        {"text/csv; charset=iso-8859-1", "id,name\n1,\xe9\n", "key = item.id", "1", `{"id":"1","name":"é"}`},
		"CSV, charset given":   {"text/csv", "id,name\n1,\xe9\n", "key = item.id\ncsv {\n charset = \"windows-1252\"\n}", "1", `{"id":"1","name":"é"}`},
		"CSV that is vague":    {"application/octet-stream", "id\n1\n", "key = item.id\nformat = \"csv\"", "1", `{"id":"1"}`},
		"CSV, some columns":    {"text/csv", "id\n1\n", "key = coalesce(item.uuid, item.id)", "1", `{"id":"1"}`},
		"XML":                  {"application/xml", `<r><a id="1"><n>x</n></a><a id="2"/></r>`, "items = body.r.a\nkey = item[\"@id\"]", "1 2", `{"@id":"1","n":"x"}`},
		"XML, none":            {"text/xml", `<r></r>`, "items = body.r.a\nkey = item.id", "", ""},
		"XML of a feed":        {"application/rss+xml", `<rss><channel><item><guid>1</guid></item></channel></rss>`, "items = body.rss.channel.item\nkey = item.guid", "1", `{"guid":"1"}`},
		"XML, each group":      {"text/xml", `<r><g><a><i>1</i></a></g><g><a><i>2</i></a></g></r>`, "items = body.r.g[*].a\nkey = item.i", "1 2", `{"i":"1"}`},
		"XML in latin1":        {"text/xml", "<?xml version='1.0' encoding='latin1'?><r><a><i>\xe9</i></a></r>", "items = body.r.a\nkey = item.i", "é", `{"i":"é"}`},
		"a map":                {"application/json", `{"users":{"u1":{"n":1},"u2":7}}`, "items = body.users\nitems_as = \"map\"\nkey = item.key", "u1 u2", `{"key":"u1","value":{"n":1}}`},
		"an empty map":         {"application/json", `{"users":{}}`, "items = body.users\nitems_as = \"map\"\nkey = item.key", "", ""},
		"a map as body":        {"application/json", `{"u1":{"id":5}}`, "items_as = \"map\"\nkey = item.value.id", "5", `{"key":"u1","value":{"id":5}}`},
		"nested lists":         {"application/json", `{"g":[{"m":[{"id":1}]},{"m":[]},{"m":[{"id":2}]}]}`, "items = body.g[*].m\nkey = item.id", "1 2", `{"id":1}`},
		"maps in a list":       {"application/json", `[{"m":{"a":1}},{"m":{"b":2}}]`, "items = body[*].m\nitems_as = \"map\"\nkey = item.key", "a b", `{"key":"a","value":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", serveText(c.contentType, c.body).ServeHTTP)
				p := w.good(address+c.config, bridge.Complete, c.keys)
				if len(p.Items) > 0 && string(p.Items[0].Body) != c.first {
					w.Errorf("the first item is %s, want %s", p.Items[0].Body, c.first)
				}
			})
		})
	}
}

// P8 and H5: what does not fit, over all formats; each fails the poll and says why.
func TestAnAnswerOfAnotherFormatThatDoesNotFitFailsThePoll(t *testing.T) {
	const table, elements = "key = item.id\nformat = \"csv\"", "key = item.id\nformat = \"xml\"\nitems = body.r.a"
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		contentType, body, config string
		words                     []string
	}{
		"CSV: HTML":               {"text/html", "<html>", table, []string{"text/html", "login page"}},
		"CSV: HTML as CSV":        {"text/csv", "<!DOCTYPE html>", table, []string{"HTML"}},
		"CSV: a message":          {"text/csv", "No data today", table, []string{"no column", `"id"`}},
		"CSV: nothing":            {"text/csv", "", table, []string{"no row of names"}},
		"CSV: JSON":               {"application/json", "[]", table, []string{"json", "not CSV", "set format"}},
		"CSV: half a row":         {"text/csv", "id,x\n1,a\n2", table, []string{"line 3"}},
		"CSV: half a value":       {"text/csv", "id,x\n1,\"a\n", table, []string{"quote"}},
		"CSV: a name twice":       {"text/csv", "id,id\n1,2\n", table, []string{"two columns"}},
		"CSV: invalid UTF-8":      {"text/csv", "id,x\n1,\xff\n", table, []string{"UTF-8", "charset"}},
		"CSV: unknown charset":    {"text/csv; charset=klingon", "id\n1\n", table, []string{"klingon"}},
		"CSV: a NUL":              {"text/csv", "id\n\x001\n", table, []string{"NUL"}},
		"CSV: UTF-16, no mark":    {"text/csv", "i\x00d\x00\n\x001\x00\n\x00", table, []string{"no column"}},
		"CSV: no key":             {"text/csv", "id,x\n,1\n", table, []string{"item 0", "no key"}},
		"XML: HTML":               {"text/html", "<html>", elements, []string{"text/html", "login page"}},
		"XML: HTML as XML":        {"text/xml", "<html><body/></html>", elements, []string{"HTML"}},
		"XML: nothing":            {"text/xml", "", elements, []string{"empty"}},
		"XML: half a document":    {"text/xml", "<r><a><id>1</id></a>", elements, []string{"truncated"}},
		"XML: another document":   {"text/xml", "<error>no</error>", elements, []string{"nothing at the path", "error", "items"}},
		"XML: invalid UTF-8":      {"text/xml", "<r><a><id>\xff</id></a></r>", elements, []string{"UTF-8"}},
		"XML: 10,000 levels":      {"text/xml", "<r><a>" + strings.Repeat("<b>", 10_000), elements, []string{"max_depth"}},
		"XML: an attribute twice": {"text/xml", `<r><a i="1" i="2"/></r>`, elements, []string{"twice"}},
		"XML: a bomb":             {"text/xml", `<!DOCTYPE r [<!ENTITY a "aaaa">]><r><a><id>&a;</id></a></r>`, elements, []string{"entity"}},
		"XML: a long text":        {"text/xml", "<r><a><id>1</id><x>" + long + "</x></a></r>", elements + "\nmax_item = \"1MiB\"", []string{"item 0", "1MiB", "max_item"}},
		"XML: no items":           {"text/xml", "<r/>", "key = item.id", []string{"items has to lead"}},
		"XML: no key":             {"text/xml", "<r><a/></r>", elements, []string{"item 0", "no key"}},
		"XML: items_as":           {"text/xml", "<r/>", "key = item.key\nitems_as = \"map\"\nitems = body.r.a", []string{"items_as"}},
		"a map: an error":         {"application/json", `{"error":"no"}`, "items_as = \"map\"\nkey = item.key", []string{"no object of items"}},
		"a map: a list":           {"application/json", `[]`, "items_as = \"map\"\nkey = item.key", []string{"no object", "items"}},
		"a map: a name twice":     {"application/json", `{"a":{},"a":{}}`, "items_as = \"map\"\nkey = item.key", []string{"duplicate"}},
		"nested: one is missing":  {"application/json", `[{"m":[]},{}]`, "items = body[*].m\nkey = item.id", []string{"nothing at the path", "[1]", "items"}},
		"JSON: a long text":       {"application/json", `[{"id":1,"x":"` + long + `"}]`, "key = item.id\nmax_item = \"1MiB\"", []string{"item 0", "1MiB", "max_item"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", serveText(c.contentType, c.body).ServeHTTP)
				p := w.bad(address+c.config, append(c.words, "page 1")...)
				if len(p.Err.Error()) > 800 {
					w.Errorf("an error of %d bytes", len(p.Err.Error()))
				}
			})
		})
	}
}

// H5: a megabyte-long string is right in each format.
func TestAMegabyteOfTextIsRead(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	for _, c := range []struct{ contentType, body, config string }{
		{"application/json", `[{"id":1,"x":"` + long + `"}]`, "key = item.id"},
		{"application/x-ndjson", `{"id":1,"x":"` + long + "\"}\n", "key = item.id"},
		{"text/csv", "id,x\n1," + long + "\n", "key = item.id"},
		{"text/xml", "<r><a><id>1</id><x>" + long + "</x></a></r>", "items = body.r.a\nkey = item.id"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", serveText(c.contentType, c.body).ServeHTTP)
			if p := w.good(address+c.config, bridge.Complete, "1"); !bytes.Contains(p.Items[0].Body, []byte(long)) {
				w.Errorf("%s: the text is gone", c.contentType)
			}
		})
	}
}

// P4: a table that could have been cut off between two rows.
func TestATableWithoutAnEndFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", hijacked("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\nid\n1\n"))
		w.bad(address+"key = item.id", "neither its length nor its end")
		w.serve("api.test", hijacked("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\nid\n1\n"))
		w.bad(address+"key = item.id", "cut off")
		w.serve("api.test", hijacked("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 5\r\n\r\nid\n1\n2\n"))
		w.good(address+"key = item.id", bridge.Complete, "1") // what is beyond its length is no part of an answer
	})
}

// H1, in XML: stop and next read the page.
func TestPagesOfXMLLeadOn(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			rw.Header().Set("Content-Type", "text/xml")
			if r.URL.Query().Get("p") == "" {
				_, _ = io.WriteString(rw, `<r><a><id>1</id></a><next href="/items?p=2"/></r>`)
				return
			}
			_, _ = io.WriteString(rw, `<r><a><id>2</id></a></r>`)
		})
		w.good(address+"items = body.r.a\nkey = item.id\npage \"next\" {\n url = body.r.next[\"@href\"]\n}", bridge.Complete, "1 2")
	})
}

// compressors write what a Content-Encoding stands for.
func compressors() map[string]func(io.Writer) io.WriteCloser {
	return map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"x-gzip":  func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"Deflate": func(w io.Writer) io.WriteCloser { bare, _ := flate.NewWriter(w, 6); return bare },
		"zstd": func(w io.Writer) io.WriteCloser {
			packed, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
			return packed
		},
	}
}

func compressed(open func(io.Writer) io.WriteCloser, text string) []byte {
	var b bytes.Buffer
	w := open(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// H5: compression, of good answers and of refusals; and each way in which it can be broken.
func TestEachCompressionIsUndone(t *testing.T) {
	for coding, open := range compressors() {
		t.Run(coding, func(t *testing.T) {
			in(t, func(w *world) {
				status, body := 200, compressed(open, ids(1, 2))
				w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
					rw.Header().Set("Content-Type", "application/json")
					rw.Header().Set("Content-Encoding", coding)
					rw.WriteHeader(status)
					_, _ = rw.Write(body)
				})
				w.good(plain, bridge.Complete, "1 2")
				whole := body
				for at := range whole {
					body = whole[:at]
					if p := w.bad(plain, "page 1"); len(p.Items) > 0 {
						w.Errorf("cut at %d, it yielded %q", at, p.Keys())
					}
				}
				body = []byte(`[{"id":1}] and no compression at all`)
				w.bad(plain, "undo", "page 1")
				status, body = 400, compressed(open, "no such field")
				w.bad(plain, "400", "no such field")
				w.good(plain+rule("[400]", "", "empty"), bridge.Complete, "")
			})
		})
	}
}

// H6: a bomb in each compression stops at the bound.
func TestABombOfEachCompressionStopsAtTheBound(t *testing.T) {
	zeros := strings.Repeat(" ", 64<<20)
	for coding, open := range compressors() {
		in(t, func(w *world) {
			bomb := compressed(open, zeros)
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header().Set("Content-Type", "application/json")
				rw.Header().Set("Content-Encoding", coding)
				_, _ = rw.Write(bomb)
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w.bad(plain+`max_body = "4MiB"`, "4MiB", "max_body")
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				w.Errorf("%s: %d MiB were allocated", coding, grown>>20)
			}
		})
	}
}

// What a server sends in a compression that nobody asked for is an error, and a refusal in one is a refusal.
func TestACompressionThatWasNotAskedForIsToldOnlyOfGoodAnswers(t *testing.T) {
	in(t, func(w *world) {
		times := 0
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			if times++; times == 1 {
				rw.Header().Set("Content-Encoding", "br")
				rw.WriteHeader(nethttp.StatusServiceUnavailable)
				return
			}
			answerJSON(rw, ids(1))
		})
		w.good(plain, bridge.Complete, "1")
	})
}

func TestASourceOfATableFulfilsTheContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Kind:   http.Kind(),
		Config: "url = \"URL\"\nkey = item.id\nformat = \"csv\"",
		Serve: func(keys []string) nethttp.Handler {
			return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
				w.Header().Set("Content-Type", "text/csv")
				table := csv.NewWriter(w)
				_ = table.Write([]string{"id", "position"})
				for i, key := range keys {
					_ = table.Write([]string{key, fmt.Sprint(i)})
				}
				table.Flush()
			})
		},
		Coverage: bridge.Complete,
		Secrets:  secrets()[:1],
	})
}

func TestASourceOfElementsFulfilsTheContract(t *testing.T) {
	type element struct {
		ID       string `xml:"id"`
		Position int    `xml:"position,attr"`
	}
	sourcetest.Run(t, sourcetest.Case{
		Kind:   http.Kind(),
		Config: "url = \"URL\"\nitems = body.list.element\nkey = item.id\nformat = \"xml\"",
		Serve: func(keys []string) nethttp.Handler {
			list := struct {
				XMLName  xml.Name  `xml:"list"`
				Elements []element `xml:"element"`
			}{}
			for i, key := range keys {
				list.Elements = append(list.Elements, element{key, i})
			}
			body, err := xml.Marshal(list)
			if err != nil {
				panic(err)
			}
			return serveText("application/xml", xml.Header+string(body))
		},
		Coverage: bridge.Complete,
		Secrets:  secrets()[:1],
	})
}
