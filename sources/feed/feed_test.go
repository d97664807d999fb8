package feed_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf16"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/feed"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// poll polls a feed that answers so, once.
func poll(t *testing.T, config, contentType, body string) (p sourcetest.Polled) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := sourcetest.NewNetwork()
		network.Serve(t, "api.test:80", serve(contentType, body))
		source := sourcetest.MustBuild(t, feed.Kind(), "url = \"http://api.test/feed\"\n"+config, bridge.Env{
			Dial: network.Dial, Temp: t.TempDir(),
		})
		p = sourcetest.Poll(t.Context(), source, nil)
	})
	return p
}

func bodies(p sourcetest.Polled) string {
	var lines []string
	for _, item := range p.Items {
		lines = append(lines, item.Key+" "+string(item.Body))
	}
	return strings.Join(lines, "\n")
}

func TestEveryKindOfFeedBecomesTheSameKindOfItem(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body, want string }{
		"RSS 2.0": {
			"application/rss+xml", `<?xml version="1.0" encoding="UTF-8"?>
			<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Blog</title>
			<item><title>Tom &amp; "Jerry" &lt;3</title><link>https://example.com/1</link><guid isPermaLink="false">g-1</guid>
			<pubDate>Mon, 23 Nov 2026 09:00:00 +0100</pubDate><author>jo@example.com (Jo)</author><description>Short</description>
			<content:encoded><![CDATA[<p>Löng</p>]]></content:encoded><category>a</category><category>b</category>
			<enclosure url="https://example.com/1.mp3" type="audio/mpeg" length="123"/></item></channel></rss>`,
			`g-1 {"title":"Tom & \"Jerry\" <3","link":"https://example.com/1","id":"g-1","published":"2026-11-23T08:00:00Z","updated":null,` +
				`"author":"Jo","summary":"Short","content":"<p>Löng</p>","categories":["a","b"],` +
				`"enclosures":[{"url":"https://example.com/1.mp3","type":"audio/mpeg","length":123}]}`,
		},
		"RSS 0.91": {
			"text/xml", `<rss version="0.91"><channel><title>B</title><item><title>One</title><link>https://example.com/1</link></item></channel></rss>`,
			`https://example.com/1 {"title":"One","link":"https://example.com/1","id":null,"published":null,"updated":null,` +
				`"author":null,"summary":null,"content":null,"categories":[],"enclosures":[]}`,
		},
		"RSS 1.0": {
			"application/rdf+xml", `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
			<channel rdf:about="https://example.com/"><title>B</title></channel>
			<item rdf:about="https://example.com/1"><title>One</title><link>https://example.com/1</link><dc:date>2026-11-23T08:00:00Z</dc:date><dc:creator>Jo</dc:creator></item></rdf:RDF>`,
			`https://example.com/1 {"title":"One","link":"https://example.com/1","id":null,"published":"2026-11-23T08:00:00Z","updated":"2026-11-23T08:00:00Z",` +
				`"author":"Jo","summary":null,"content":null,"categories":[],"enclosures":[]}`,
		},
		"Atom": {
			"application/atom+xml", `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><id>tag:1</id><title type="html">One &amp;amp; two</title>
			<link rel="edit" href="https://example.com/edit"/><link href="https://example.com/1"/><published>2026-11-23T08:00:00Z</published><updated>2026-11-23T10:00:00+01:00</updated>
			<author><name>Jo</name></author><author><email>al@example.com</email></author><summary>Short</summary><content type="html">&lt;p&gt;Long&lt;/p&gt;</content><category term="a"/></entry></feed>`,
			`tag:1 {"title":"One &amp; two","link":"https://example.com/1","id":"tag:1","published":"2026-11-23T08:00:00Z","updated":"2026-11-23T09:00:00Z",` +
				`"author":"Jo, al@example.com","summary":"Short","content":"<p>Long</p>","categories":["a"],"enclosures":[]}`,
		},
		"JSON Feed": {
			"application/feed+json", `{"version":"https://jsonfeed.org/version/1.1","title":"B","items":[{"id":"1","url":"https://example.com/1","title":"One",
			"date_published":"2026-11-23T08:00:00Z","authors":[{"name":"Jo"}],"content_html":"<p>Long</p>","tags":["a"],"attachments":[{"url":"https://example.com/1.mp3","mime_type":"audio/mpeg","size_in_bytes":123}]}]}`,
			`1 {"title":"One","link":"https://example.com/1","id":"1","published":"2026-11-23T08:00:00Z","updated":null,` +
				`"author":"Jo","summary":null,"content":"<p>Long</p>","categories":["a"],` +
				`"enclosures":[{"url":"https://example.com/1.mp3","type":"audio/mpeg","length":123}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := poll(t, "", c.contentType, c.body)
			if p.Err != nil || bodies(p) != c.want || p.Outcome.Coverage != bridge.Window {
				t.Errorf("%s, error %v\n%s\nwant\n%s", p.Outcome.Coverage, p.Err, bodies(p), c.want)
			}
		})
	}
}

// The identity chain: guid, else link, else title and date. What is given twice is yielded twice.
func TestTheKeyOfAnEntryIsWhatIdentifiesItBest(t *testing.T) {
	body := `<rss version="2.0"><channel>
		<item><guid>g</guid><link>https://example.com/1</link><title>A</title></item>
		<item><guid> </guid><link>https://example.com/2</link><title>B</title></item>
		<item><title>C</title><pubDate>Mon, 23 Nov 2026 09:00:00 +0100</pubDate></item>
		<item><title>C</title><pubDate>long ago</pubDate></item>
		<item><title>D</title></item>
		<item><pubDate>Mon, 23 Nov 2026 09:00:00 +0100</pubDate></item>
		<item><guid>g</guid><title>again</title></item>
	</channel></rss>`
	p := poll(t, "", "text/xml", body)
	want := "g|https://example.com/2|C (2026-11-23T08:00:00Z)|C (long ago)|D|2026-11-23T08:00:00Z|g"
	var keys []string
	for _, item := range p.Items {
		keys = append(keys, item.Key)
	}
	if got := strings.Join(keys, "|"); p.Err != nil || got != want {
		t.Errorf("error %v, keys\n%s\nwant\n%s", p.Err, got, want)
	}
}

func TestTheKeyOfTheConfigGoesFirst(t *testing.T) {
	p := poll(t, `key = "${item.title}/${item.id}"`, "text/xml", rss([]string{"x"}))
	if p.Err != nil || p.Keys() != "About x/x" {
		t.Errorf("error %v, keys %q", p.Err, p.Keys())
	}
}

// P3: no key, and where.
func TestAnEntryWithoutAnyIdentityFailsThePoll(t *testing.T) {
	body := `<rss version="2.0"><channel><item><title>A</title></item><item><description>no name</description></item></channel></rss>`
	for config, words := range map[string]string{"": "entry 1: no key", "key = item.link": "entry 0: no key"} {
		if p := poll(t, config, "text/xml", body); p.Err == nil || !strings.Contains(p.Err.Error(), words) {
			t.Errorf("%q: error %v does not say %q", config, p.Err, words)
		}
	}
}

// P8: what is no feed fails, whatever it calls itself, and what is one passes.
func TestWhatIsNoFeedFails(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body, word string }{
		"a page of HTML":       {"text/html", "<!DOCTYPE html>\n<html><body><br></body></html>", "HTML page"},
		"HTML that says XML":   {"application/rss+xml", "<html></html>", "HTML page"},
		"XHTML":                {"application/xhtml+xml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`, "HTML page"},
		"other XML":            {"application/xml", `<sitemap/>`, `"sitemap"`},
		"text":                 {"text/plain", "Not found", "neither XML nor"},
		"nothing":              {"text/xml", "", "empty"},
		"a comment":            {"text/xml", "<!-- soon -->", "no element"},
		"an empty object":      {"application/json", "{}", "no JSON feed"},
		"an error object":      {"application/json", `{"error":"no"}`, "error"},
		"another API":          {"application/json", `{"items":[],"version":2}`, "version"},
		"items that are none":  {"application/json", `{"version":"https://jsonfeed.org/version/1","items":{}}`, "no list"},
		"an item that is null": {"application/json", `{"version":"https://jsonfeed.org/version/1","items":[null]}`, "entry 0"},
		"an item of text":      {"application/json", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"},"x"]}`, "entry 1"},
		"a list":               {"application/json", `[]`, "neither XML nor"},
		"half a feed":          {"text/xml", `<rss version="2.0"><channel><item><title>A</title></item>`, "EOF"},
		"half a JSON feed":     {"application/json", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"}`, "truncated"},
		"deep elements":        {"text/xml", `<rss version="2.0"><channel><item>` + strings.Repeat("<a:b>", 100_000), "nested deeper"},
		"deep values":          {"application/json", `{"items":[` + strings.Repeat("[", 20_000), "max_depth"},
		"an unknown charset":   {"text/xml", `<?xml version="1.0" encoding="klingon"?><rss/>`, "klingon"},
		"entities that grow":   {"text/xml", `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><other>&b;</other>`, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			p := poll(t, "", c.contentType, c.body)
			if p.Err == nil || p.Outcome.Cursor != nil || !strings.Contains(p.Err.Error(), c.word) {
				t.Errorf("error %v does not say %q", p.Err, c.word)
			}
		})
	}
}

func TestAFeedThatIsServedAsSomethingElseIsStillAFeed(t *testing.T) {
	for _, contentType := range []string{"text/html", "text/plain", "application/octet-stream", "nonsense", ""} {
		if p := poll(t, "", contentType, rss([]string{"x"})); p.Err != nil || p.Keys() != "x" {
			t.Errorf("%q: error %v, keys %q", contentType, p.Err, p.Keys())
		}
	}
}

// H5: the charsets of feeds.
func TestAFeedInAnyCharsetIsReadRight(t *testing.T) {
	declared := func(encoding string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?>` + "\n"
	}
	body := func(title string) string {
		return `<rss version="2.0"><channel><item><guid>1</guid><title>` + title + `</title></item></channel></rss>`
	}
	wide := func(text string, little bool) string {
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			if little {
				b.Write([]byte{byte(unit), byte(unit >> 8)})
			} else {
				b.Write([]byte{byte(unit >> 8), byte(unit)})
			}
		}
		return b.String()
	}
	for name, c := range map[string]struct{ contentType, body, title string }{
		"UTF-8":                      {"text/xml", declared("utf-8") + body("Zoë €"), "Zoë €"},
		"UTF-8 with a mark":          {"text/xml", "\ufeff" + declared("utf-8") + body("Zoë €"), "Zoë €"},
		"UTF-8 after space":          {"text/xml", "\n " + declared("utf-8") + body("Zoë €"), "Zoë €"},
		"ISO 8859-1":                 {"text/xml", declared("ISO-8859-1") + body("Zo\xeb"), "Zoë"},
		"Windows 1252":               {"text/xml", declared("windows-1252") + body("Zo\xeb \x80"), "Zoë €"},
		"by the Content-Type":        {"text/xml; charset=windows-1251", `<?xml version="1.0"?>` + body("\xcc\xe8\xf0"), "Мир"},
		"declared against the type":  {"text/xml; charset=ISO-8859-1", declared("utf-8") + body("Zoë"), "Zoë"},
		"Shift JIS":                  {"text/xml", declared("Shift_JIS") + body("\x93\xfa\x96{"), "日本"},
		"ISO 2022 JP":                {"text/xml", declared("ISO-2022-JP") + body("\x1b$BF|K\\\x1b(B"), "日本"},
		"UTF-16, little end first":   {"text/xml", wide(declared("utf-16")+body("Zoë 😀"), true), "Zoë 😀"},
		"UTF-16, big end first":      {"text/xml", wide(declared("utf-16")+body("Zoë 😀"), false), "Zoë 😀"},
		"UTF-16 in word only":        {"text/xml", declared("utf-16") + body("Zoë"), "Zoë"},
		"control characters":         {"text/xml", declared("utf-8") + body("a\x00b\x0bc"), "abc"},
		"an entity of HTML":          {"text/xml", declared("utf-8") + body("a &amp; b &#233;"), "a & b é"},
		"a long comment at its head": {"text/xml", declared("utf-8") + "<!--" + strings.Repeat("x", 10_000) + "-->" + body("late"), "late"},
	} {
		t.Run(name, func(t *testing.T) {
			p := poll(t, "", c.contentType, c.body)
			if p.Err != nil || len(p.Items) != 1 || !strings.HasPrefix(string(p.Items[0].Body), fmt.Sprintf("{\"title\":%q,", c.title)) {
				t.Errorf("error %v: %s, want the title %q", p.Err, bodies(p), c.title)
			}
		})
	}
}

// H6: a feed is small.
func TestTheBoundOfAFeedIsSmallerAndCanBeMoved(t *testing.T) {
	large := rss([]string{"x"}) + strings.Repeat(" ", 16<<20)
	if p := poll(t, "", "text/xml", large); p.Err == nil || !strings.Contains(p.Err.Error(), "16MiB (max_body)") {
		t.Errorf("error %v", p.Err)
	}
	if p := poll(t, "max_body = \"32MiB\"", "text/xml", large); p.Err != nil || p.Keys() != "x" {
		t.Errorf("error %v, keys %q", p.Err, p.Keys())
	}
}

// H2: a feed that did not change is not parsed.
func TestAFeedIsAskedForConditionally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := sourcetest.NewNetwork()
		network.Serve(t, "api.test:80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			serve("text/xml", rss([]string{"x"})).ServeHTTP(w, r)
		}))
		source := sourcetest.MustBuild(t, feed.Kind(), `url = "http://api.test/"`, bridge.Env{Dial: network.Dial})
		first := sourcetest.Poll(t.Context(), source, nil)
		second := sourcetest.Poll(t.Context(), source, first.Outcome.Cursor)
		if first.Err != nil || second.Err != nil || second.Outcome.Coverage != bridge.Unchanged || second.Trace[0].Status != http.StatusNotModified {
			t.Errorf("%+v, then %+v", first, second)
		}
		other := sourcetest.MustBuild(t, feed.Kind(), "url = \"http://api.test/\"\nkey = item.title", bridge.Env{Dial: network.Dial})
		if third := sourcetest.Poll(t.Context(), other, first.Outcome.Cursor); third.Keys() != "About x" {
			t.Errorf("with another key %+v", third)
		}
	})
}

func TestMistakesInTheConfigOfAFeedAreTold(t *testing.T) {
	for config, word := range map[string]string{
		"":                                  `"url" is required`,
		"url = \"x\"":                       "http://",
		"url = \"http://x/\"\nkey = itm.id": "itm",
		"url = \"http://x/\"\nitems = body": "items",
		"url = \"http://x/\"\nconditonal = false":     "conditional",
		"url = \"http://x/\"\nauth \"bearr\" {}":      `"bearer"`,
		"url = \"http://x/\"\nmax_body = 7":           "max_body",
		"url = \"http://x/\"\npage \"link\" {}":       "page",
		"url = \"http://x/\"\nheaders = { Host = 1 }": "Host",
	} {
		_, diags := sourcetest.Build(feed.Kind(), config, bridge.Env{})
		if told := fmt.Sprint(diags); len(diags) != 1 || !strings.Contains(told, word) && !strings.Contains(diags[0].Detail, word) && diags[0].Summary != "Invalid value" {
			t.Errorf("%s: %v does not say %q", config, diags, word)
		}
	}
}

func TestAFeedMayRepeatItsKeys(t *testing.T) {
	if kind := feed.Kind(); kind.Name != "feed" || !kind.Repeats {
		t.Errorf("%+v", kind)
	}
}

// D20: a feed is under the guard that its block sets.
func TestAFeedAtADeniedAddressIsNotAsked(t *testing.T) {
	const config = "url = \"http://127.0.0.1:1/feed\"\negress {\n deny_private = true\n}"
	p := sourcetest.Poll(t.Context(), sourcetest.MustBuild(t, feed.Kind(), config, bridge.Env{}), nil)
	if p.Err == nil || !strings.Contains(p.Err.Error(), "127.0.0.1 is a loopback address, and deny_private is set") {
		t.Errorf("error %v", p.Err)
	}
}
