package feed

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// R6: whatever a server calls a feed, it is refused or becomes valid JSON with a key, twice the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`<rss version="2.0"><channel><item><guid>1</guid><title>A</title><pubDate>Mon, 02 Jan 2006 15:04:05 MST</pubDate></item></channel></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://a/"><entry><id>1</id><content type="xhtml"><div>x</div></content></entry></feed>`,
		`<rdf:RDF><item/></rdf:RDF>`, `{"version":"https://jsonfeed.org/version/1","items":[{"id":1},{"attachments":[{}]}]}`,
		"\xff\xfe<\x00r\x00", `<?xml version="1.0" encoding="shift_jis"?><rss><channel><item><title>` + "\x93\xfa</title>",
		`<rss><channel><item><media:group><media:x/></media:group><itunes:image href="a"/></item></channel></rss>`,
	} {
		f.Add(seed, "text/xml; charset=iso-8859-1")
	}
	f.Fuzz(func(t *testing.T, body, contentType string) {
		first, err := parse(strings.NewReader(body), contentType)
		second, again := parse(strings.NewReader(body), contentType)
		if (err == nil) != (again == nil) || len(first) != len(second) {
			t.Fatalf("%d entries and %v, then %d and %v", len(first), err, len(second), again)
		}
		for i, e := range first {
			item, err := e.body()
			if err != nil || !jsontext.Value(item).IsValid() {
				t.Fatalf("entry %d: %q, error %v", i, item, err)
			}
			if other, _ := second[i].body(); string(other) != string(item) {
				t.Fatalf("entry %d: %s, then %s", i, item, other)
			}
			if key, err := e.identity(); (err == nil) != (key != "") {
				t.Fatalf("entry %d: key %q, error %v", i, key, err)
			}
		}
	})
}
