package transcode

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// path reads a.b.c.
func path(text string) document.Path {
	var p document.Path
	for name := range strings.SplitSeq(text, ".") {
		p = append(p, document.Step{Kind: document.Member, Name: name})
	}
	return p
}

func gatherElements(r io.Reader, list string, limits document.Limits) (items []string, err error) {
	err = Elements(r, path(list), limits, func(position int, item []byte) error {
		if position != len(items) {
			return fmt.Errorf("position %d of item %d", position, len(items))
		}
		items = append(items, string(item))
		return nil
	})
	return items, err
}

// H5: XML.
func TestEachElementAtThePathIsAnItem(t *testing.T) {
	for name, c := range map[string]struct{ text, list, want string }{
		"several":            {"<r><a>1</a><x/><a>2</a></r>", "r.a", `"1"|"2"`},
		"one is a list of 1": {"<r><a>1</a></r>", "r.a", `"1"`},
		"none":               {"<r><x/></r>", "r.a", ``},
		"none at all":        {"<r/>", "r.a", ``},
		"deeper":             {`<?xml version="1.0"?><rss><channel><item/></channel></rss>`, "rss.channel.item", `""`},
		"in each of several": {"<r><g><a>1</a></g><g/><g><a>2</a></g></r>", "r.g.a", `"1"|"2"`},
		"only at the path":   {"<r><a>1</a><g><a>9</a><r><a>9</a></r></g></r>", "r.a", `"1"`},
		"the document":       {"<r><a>1</a></r>", "r", `{"a":"1"}`},
		"members":            {`<r><a id="7" n='"'><b>x</b><c/><b>y</b></a></r>`, "r.a", `{"@id":"7","@n":"\"","b":["x","y"],"c":""}`},
		"text and more":      {"<r><a> x <b/> y </a><a k='1'>t</a></r>", "r.a", `{"b":"","#text":"x  y"}|{"@k":"1","#text":"t"}`},
		"space around":       {"<r><a>\n  x y\n</a></r>", "r.a", `"x y"`},
		"CDATA":              {"<r><a><![CDATA[<b>&amp;]]></a></r>", "r.a", `"<b>&amp;"`},
		"entities":           {"<r><a>&lt;&#65;&#x1F600;&quot;</a></r>", "r.a", `"<A😀\""`},
		"comments":           {"<!-- x --><r><a>1<!-- y -->2</a><?p q?></r><!-- z -->\n", "r.a", `"12"`},
		"prefixes":           {`<d:r xmlns:d="u" xmlns="v"><d:a d:k="1" xmlns:e="w"><e:b/></d:a></d:r>`, "d:r.d:a", `{"@d:k":"1","e:b":""}`},
		"a doctype":          {`<!DOCTYPE r [<!ENTITY x "y">]><r><a/></r>`, "r.a", `""`},
		"lists of objects":   {"<r><a><b><c>1</c></b><b><c>2</c><c>3</c></b></a></r>", "r.a", `{"b":[{"c":"1"},{"c":["2","3"]}]}`},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
			items, err := gatherElements(r, c.list, bounds)
			if got := strings.Join(items, "|"); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v; want %s", name, got, err, c.want)
			}
		}
	}
}

// P8 and H5: what does not fit is a clear error.
func TestXMLThatDoesNotFitIsAClearError(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		kind       error
	}{
		"nothing":                 {"", "empty body", nil},
		"only a declaration":      {`<?xml version="1.0"?>`, "empty body", nil},
		"no XML":                  {"id,name", "text before the first element", nil},
		"JSON":                    {`{"a":1}`, "text before the first element", nil},
		"HTML":                    {"<html><body></body></html>", "HTML", document.ErrMissing},
		"another document":        {"<error>no</error>", `first element is "error"`, document.ErrMissing},
		"no parent":               {"<r><x/></r>", "there is no element r.g", document.ErrMissing},
		"cut off in an item":      {"<r><g><a>1", "item 0: truncated XML", io.ErrUnexpectedEOF},
		"cut off in a tag":        {"<r><g><a>1</a><a", "truncated XML", io.ErrUnexpectedEOF},
		"cut off after an item":   {"<r><g><a>1</a>", "truncated XML", io.ErrUnexpectedEOF},
		"cut off at the end":      {"<r><g><a>1</a></g>", "truncated XML", io.ErrUnexpectedEOF},
		"closed wrongly":          {"<r><g><a></g></a></r>", "closed where it is not open", nil},
		"closed too often":        {"<r><g/></r></r>", "closed where it is not open", nil},
		"two documents":           {"<r><g/></r><r/>", "more data after", nil},
		"text after":              {"<r><g/></r>x", "more data after", nil},
		"an unknown entity":       {"<r><g><a>&bomb;</a></g></r>", "invalid character entity", nil},
		"a bomb":                  {`<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><r><g><a>&b;</a></g></r>`, "entity", nil},
		"an attribute twice":      {`<r><g><a x="1" x="2"/></g></r>`, "stands twice", nil},
		"an attribute, no quotes": {`<r><g><a x=1/></g></r>`, "invalid XML", nil},
		"invalid UTF-8":           {"<r><g><a>\xff</a></g></r>", "invalid UTF-8", nil},
		"a NUL":                   {"<r><g><a>\x00</a></g></r>", "invalid XML", nil},
		"a NUL by its number":     {"<r><g><a>&#0;</a></g></r>", "invalid XML", nil},
	} {
		items, err := gatherElements(strings.NewReader(c.text), "r.g.a", bounds)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.kind != nil && !errors.Is(err, c.kind) || len(err.Error()) > 500 {
			t.Errorf("%s: got %q, %v; want %q", name, items, err, c.want)
		}
	}
}

func TestAPathThatXMLDoesNotKnowIsAnError(t *testing.T) {
	for _, p := range []document.Path{nil, {{Kind: document.Each}}, append(path("r"), document.Step{Kind: document.Element}), path("r.@id"), path("r.#text")} {
		if err := Elements(strings.NewReader("<r/>"), p, bounds, func(int, []byte) error { return nil }); err == nil {
			t.Errorf("%s was taken", p)
		}
	}
}

// H6: depth and size.
func TestElementsAreBounded(t *testing.T) {
	nested := func(depth int) string {
		return "<r>" + strings.Repeat("<a>", depth-1) + strings.Repeat("</a>", depth-1) + "</r>"
	}
	for depth, ok := range map[int]bool{100: true, 101: false, 10_000: false, 200_000: false} {
		for _, list := range []string{"r.a", "r.b"} {
			_, err := gatherElements(strings.NewReader(nested(depth)), list, bounds)
			if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), "nested deeper than 100 (limit max_depth)") {
				t.Errorf("%d, %s: %v", depth, list, err)
			}
		}
	}
	if items, err := gatherElements(strings.NewReader(nested(hardDepth)), "r", document.Limits{}); err != nil || !jsontext.Value(items[0]).IsValid() {
		t.Errorf("the hard depth: %v", err)
	}
	for _, head := range []string{"<r><a>1</a><a>", "<r><a>1</a><a x='", "<r><a>1</a><a", "<r><a>1</a><!-- ", "<r><a>1</a><a><b/><b>", "<r><b>"} {
		body := &endless{head: strings.NewReader(head)}
		_, err := gatherElements(body, "r.a", bounds)
		if err == nil || !strings.Contains(err.Error(), "larger than 64KiB (limit max_item)") || body.given > 1<<20 {
			t.Errorf("%q: got %v after %d bytes", head, err, body.given)
		}
	}
	many := "<r><a>" + strings.Repeat("<b/>", 60_000) + "</a></r>"
	if _, err := gatherElements(strings.NewReader(many), "r.a", bounds); err == nil {
		t.Error("an item of many elements was taken")
	}
}

func TestASkippedElementMayBeLarge(t *testing.T) {
	text := "<r><x>" + strings.Repeat("<y>z</y>", 100_000) + "</x><a>1</a></r>"
	if items, err := gatherElements(strings.NewReader(text), "r.a", bounds); err != nil || len(items) != 1 {
		t.Errorf("got %q, %v", items, err)
	}
}

func TestCaptureFindsValuesInXML(t *testing.T) {
	text := `<?xml version="1.0"?><r next="n1" xmlns="u"><items>` + strings.Repeat("<a>x</a>", 50_000) +
		`</items><page total="3">2</page><link>p</link><link>q</link><e><code>602</code><x>y</x></e></r>`
	element := func(p document.Path, index int) document.Path {
		return append(p, document.Step{Kind: document.Element, Index: index})
	}
	paths := []document.Path{
		path("r.@next"), path("r.page.@total"), path("r.page.#text"), element(path("r.link"), 1), path("r.link"),
		path("r.e"), path("r.e.code"), path("r.gone.x"), path("s.x"),
	}
	found, err := CaptureXML(strings.NewReader(text), paths, bounds)
	want := `["n1" "3" "2" "q" ["p","q"] {"code":"602","x":"y"} "602"  ]`
	if got := fmt.Sprintf("%s", found); err != nil || got != want {
		t.Errorf("captured %s, %v; want %s", got, err, want)
	}
	if _, err := CaptureXML(strings.NewReader(text), []document.Path{path("r.items")}, bounds); err == nil || !strings.Contains(err.Error(), "max_item") {
		t.Errorf("captured more than the bound: %v", err)
	}
	for _, text := range []string{"", "<r>", "x", "<r/><r/>", "<r></s>"} {
		if found, err := CaptureXML(strings.NewReader(text), paths, bounds); err == nil || found != nil {
			t.Errorf("%q: captured %s, %v", text, found, err)
		}
	}
}

// H5: the charsets of XML and CSV.
func TestACharsetIsDecoded(t *testing.T) {
	utf16 := func(text string, big bool) string {
		var b strings.Builder
		for _, c := range text {
			low, high := byte(c), byte(c>>8)
			if big {
				low, high = high, low
			}
			b.WriteByte(low)
			b.WriteByte(high)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ text, contentType string }{
		"declared":          {"<?xml version='1.0' encoding='ISO-8859-1'?><r><a>\xe9</a></r>", "text/xml; charset=utf-8"},
		"by the type":       {"<r><a>\xe9</a></r>", "text/xml; charset=windows-1252"},
		"UTF-8":             {"<r><a>é</a></r>", "text/xml"},
		"with a mark":       {"\ufeff<?xml version='1.0' encoding='latin1'?><r><a>é</a></r>", "text/xml"},
		"UTF-16, big":       {utf16("\ufeff<r><a>é</a></r>", true), "text/xml"},
		"UTF-16, little":    {utf16("\ufeff<?xml version='1.0' encoding='UTF-16'?><r><a>é</a></r>", false), "text/xml"},
		"UTF-16, no mark":   {utf16("<r><a>é</a></r>", false), "text/xml"},
		"it says UTF-16":    {"<?xml version='1.0' encoding='UTF-16'?><r><a>é</a></r>", "text/xml"},
		"in capital letter": {"<?xml version='1.0' encoding='UTF8'?><r><a>é</a></r>", "text/xml"},
	} {
		decoded, err := DecodeXML(strings.NewReader(c.text), c.contentType)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if items, err := gatherElements(decoded, "r.a", bounds); err != nil || fmt.Sprint(items) != `["é"]` {
			t.Errorf("%s: got %s, %v", name, items, err)
		}
	}
	for name, c := range map[string]struct{ text, label, contentType, want string }{
		"UTF-8":          {"é", "", "text/csv", "é"},
		"with a mark":    {"\ufeffé", "", "text/csv; charset=latin1", "é"},
		"by the type":    {"\xe9", "", "text/csv; charset=iso-8859-1", "é"},
		"by the config":  {"\xe9", "windows-1252", "text/csv; charset=utf-8", "é"},
		"Shift JIS":      {"\x93\xfa\x96\x7b", "shift_jis", "", "日本"},
		"UTF-16":         {utf16("\ufeffé", false), "", "text/csv", "é"},
		"nothing":        {"", "", "", ""},
		"a replaced one": {"\ufffd", "", "", "\ufffd"},
	} {
		decoded, err := DecodeText(iotest.OneByteReader(strings.NewReader(c.text)), c.label, c.contentType)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text, err := io.ReadAll(decoded); err != nil || string(text) != c.want {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

// H5: bytes that are no characters of the charset are an error, wherever they stand.
func TestInvalidBytesOfACharsetAreAnError(t *testing.T) {
	for _, before := range []int{0, 1, 4094, 4095, 4096, 10_000} {
		for _, small := range []bool{true, false} {
			var r io.Reader = strings.NewReader(strings.Repeat("x", before) + "\x93\xff" + strings.Repeat("y", 5000))
			if small {
				r = iotest.OneByteReader(r)
			}
			decoded, err := DecodeText(r, "shift_jis", "")
			if err == nil {
				_, err = io.ReadAll(decoded)
			}
			if err == nil || !strings.Contains(err.Error(), "invalid bytes for the charset shift_jis") {
				t.Errorf("after %d: %v", before, err)
			}
		}
	}
	if _, err := DecodeText(strings.NewReader("x"), "klingon", ""); err == nil || !strings.Contains(err.Error(), "klingon") {
		t.Errorf("an unknown charset: %v", err)
	}
}

// R6: whatever comes, there is an error or valid JSON, and no panic.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{
		"<r><a>1</a><a x='1'><b/>t</a></r>", "<?xml version='1.0' encoding='latin1'?><r><a>\xe9</a></r>", "<r><a><![CDATA[x]]></a></r>",
		"<r><a", "<!DOCTYPE r [<!ENTITY x 'y'>]><r><a>&x;</a></r>", "\xff\xfe<\x00r\x00/\x00>\x00", "<p:r xmlns:p='u'><p:a/></p:r>",
	} {
		f.Add([]byte(seed), "r.a")
		f.Add([]byte(seed), "r")
	}
	f.Fuzz(func(t *testing.T, text []byte, list string) {
		for _, decode := range []bool{true, false} {
			open := func() io.Reader { return strings.NewReader(string(text)) }
			if decode {
				decoded, err := DecodeXML(open(), "text/xml")
				if err != nil {
					return
				}
				open = func() io.Reader { return decoded }
			}
			items, err := gatherElements(open(), list, bounds)
			for _, item := range items {
				if !jsontext.Value(item).IsValid() {
					t.Fatalf("not JSON: %s", item)
				}
			}
			if err == nil && !decode {
				found, err := CaptureXML(open(), []document.Path{path(list)}, bounds)
				if err == nil && len(items) == 1 && string(found[0]) != items[0] {
					t.Fatalf("captured %s, listed %s", found[0], items[0])
				}
			}
		}
	})
}
