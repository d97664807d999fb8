package http_test

import (
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
)

// H5: what servers write that is odd, in each format: a right result, or an error that says what is wrong.
func TestEveryOddityIsReadRightOrIsAClearErrorInEachFormat(t *testing.T) {
	const mark = "\ufeff"
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for _, format := range []struct {
		name, contentType, config string
		of                        func(value string) string // a body with one item, whose member x has this text as it stands
		want                      map[string]string         // by oddity: the item, or "!" and a word of the error
	}{
		{
			"JSON", "application/json", "key = item.id", func(v string) string { return `[{"id":1,"x":` + v + `}]` },
			map[string]string{
				"levels": "!max_depth", "twice": "!duplicate", "UTF-8": "!UTF-8", "NUL": "!invalid", "an escaped NUL": `{"id":1,"x":"\u0000"}`,
				"NaN": "!invalid", "a surrogate": "!surrogate", "mark": `{"id":1,"x":2}`, "marks inside": "{\"id\":1,\"x\":\"\ufeff\"}", "quoted": `{"id":1,"x":"a\n\"b\""}`,
			},
		},
		{
			"NDJSON", "application/x-ndjson", "key = item.id", func(v string) string { return `{"id":1,"x":` + v + "}\n" },
			map[string]string{
				"levels": "!max_depth", "twice": "!duplicate", "UTF-8": "!UTF-8", "NUL": "!invalid", "an escaped NUL": `{"id":1,"x":"\u0000"}`,
				"NaN": "!invalid", "a surrogate": "!surrogate", "mark": `{"id":1,"x":2}`, "marks inside": "{\"id\":1,\"x\":\"\ufeff\"}", "quoted": `{"id":1,"x":"a\n\"b\""}`,
			},
		},
		{
			"CSV", "text/csv", "key = item.id", func(v string) string { return "id,x\n1," + v + "\n" },
			map[string]string{
				"levels": deep, "twice": "!quote", "UTF-8": "!UTF-8", "NUL": "!NUL", "an escaped NUL": `{"id":"1","x":"\\u0000"}`,
				"NaN": `{"id":"1","x":"NaN"}`, "a surrogate": `{"id":"1","x":"\\ud83d"}`, "mark": `{"id":"1","x":"2"}`,
				"marks inside": "{\"id\":\"1\",\"x\":\"\ufeff\"}", "quoted": "!quote",
			},
		},
		{
			"XML", "text/xml", "items = body.r.a\nkey = item.id", func(v string) string { return "<r><a><id>1</id><x>" + v + "</x></a></r>" },
			map[string]string{
				"levels": deep, "twice": `{"id":"1","x":"1,\"x\":2"}`, "UTF-8": "!UTF-8", "NUL": "!invalid", "an escaped NUL": `{"id":"1","x":"\"\\u0000\""}`,
				"NaN": `{"id":"1","x":"NaN"}`, "a surrogate": `{"id":"1","x":"\"\\ud83d\""}`, "mark": `{"id":"1","x":"2"}`,
				"marks inside": "{\"id\":\"1\",\"x\":\"\\\"\ufeff\\\"\"}", "quoted": `{"id":"1","x":"\"a\\n\\\"b\\\"\""}`,
			},
		},
	} {
		for name, body := range map[string]string{
			"levels": format.of(deep), "twice": format.of(`1,"x":2`), "UTF-8": format.of("\"\xff\""), "NUL": format.of("\"\x00\""),
			"an escaped NUL": format.of(`"\u0000"`), "NaN": format.of("NaN"), "a surrogate": format.of(`"\ud83d"`), "mark": mark + format.of("2"),
			"marks inside": format.of(`"` + mark + `"`), "quoted": format.of(`"a\n\"b\""`),
		} {
			t.Run(format.name+": "+name, func(t *testing.T) {
				in(t, func(w *world) {
					w.serve("api.test", serveText(format.contentType, body).ServeHTTP)
					if word, failing := strings.CutPrefix(format.want[name], "!"); failing {
						w.bad(address+format.config, "page 1", word)
						return
					}
					p := w.good(address+format.config, bridge.Complete, "1")
					if got := string(p.Items[0].Body); got != format.want[name] && !strings.Contains(got, `"x":"`+format.want[name]+`"`) {
						w.Errorf("read %.200s, want %.200s", got, format.want[name])
					}
				})
			})
		}
	}
}

// H5: in XML and in tables a name may stand twice, where that has a meaning; nesting is another thing there.
func TestWhatXMLAloneCanSay(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"an element twice":     {"<r><a><id>1</id><x>a</x><x>b</x></a></r>", `{"id":"1","x":["a","b"]}`},
		"a mark":               {"\ufeff<r><a><id>1</id></a></r>", `{"id":"1"}`},
		"UTF-16":               {"\xff\xfe<\x00r\x00>\x00<\x00a\x00>\x00<\x00i\x00d\x00>\x001\x00<\x00/\x00i\x00d\x00>\x00<\x00/\x00a\x00>\x00<\x00/\x00r\x00>\x00", `{"id":"1"}`},
		"levels within bounds": {"<r><a><id>1</id>" + strings.Repeat("<b>", 990) + strings.Repeat("</b>", 990) + "</a></r>", ""},
		"levels beyond":        {"<r><a><id>1</id>" + strings.Repeat("<b>", 10_000) + strings.Repeat("</b>", 10_000) + "</a></r>", "!max_depth"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", serveText("text/xml", c.body).ServeHTTP)
				const config = address + "items = body.r.a\nkey = item.id"
				if word, failing := strings.CutPrefix(c.want, "!"); failing {
					w.bad(config, "page 1", word)
					return
				}
				p := w.good(config, bridge.Complete, "1")
				if got := string(p.Items[0].Body); c.want != "" && got != c.want {
					w.Errorf("read %s, want %s", got, c.want)
				}
			})
		})
	}
}
