package document

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// issues is a body of so many items of about 500 bytes, like those of an issue tracker.
func issues(count int) []byte {
	body := []byte(`{"total":1,"items":[`)
	for i := range count {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, issue(i)...)
	}
	return append(body, `]}`...)
}

func issue(i int) []byte {
	return fmt.Appendf(nil, `{"id":%d,"node_id":"MDU6SXNzdWU%d","number":%d,"title":"Größe \"%d\": crash in caf\u00e9 mode, please fix it soon",`+
		`"state":"open","locked":false,"comments":%d,"created_at":"2026-11-%02dT08:43:24Z","updated_at":"2026-11-23T08:%02d:24Z","closed_at":null,`+
		`"user":{"login":"user%d","id":%d,"site_admin":false},"labels":[{"id":1,"name":"bug"},{"id":2,"name":"needs triage"}],`+
		`"reactions":{"total_count":3,"+1":2,"-1":0,"score":%d.5},"body":"It fails.\nStack: a\/b\/c at line %d"}`,
		1000000+i, i, i, i, i%17, i%28+1, i%60, i%300, i%300, i%9, i)
}

const benched = 100_000

var itemsPath = Path{{Name: "items"}}

// benchmark runs the splitting of 100,000 items and what each does with an item.
func benchmark(b *testing.B, each func(item []byte)) {
	body := issues(benched)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := Split(bytes.NewReader(body), itemsPath, nil, Limits{Item: 16 << 20, Depth: 1000}, func(_ int, item []byte) error {
			each(item)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benched, "ns/item")
}

// BenchmarkYardstick is the same body split with jsontext alone.
func BenchmarkYardstick(b *testing.B) {
	body := issues(benched)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		dec := jsontext.NewDecoder(bytes.NewReader(body))
		for range 5 {
			if _, err := dec.ReadToken(); err != nil {
				b.Fatal(err)
			}
		}
		for dec.PeekKind() != ']' {
			if _, err := dec.ReadValue(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benched, "ns/item")
}

func BenchmarkSplit(b *testing.B) { benchmark(b, func([]byte) {}) }

func BenchmarkSplitAndRaw(b *testing.B) {
	c := NewComparer(Rules{}, 1)
	benchmark(b, func(item []byte) { c.Raw(item) })
}

func BenchmarkSplitAndKey(b *testing.B) {
	path := Path{{Name: "id"}}
	benchmark(b, func(item []byte) { Text(path.Find(item)) })
}

func BenchmarkSplitAndDigest(b *testing.B) {
	c := NewComparer(Rules{Ignore: []Path{{{Name: "updated_at"}}}}, 1)
	benchmark(b, func(item []byte) { c.Digest(item) })
}

func benchmarkDigest(b *testing.B, rules Rules) {
	c := NewComparer(rules, 1)
	item := issue(12345)
	b.SetBytes(int64(len(item)))
	b.ReportAllocs()
	for b.Loop() {
		c.Digest(item)
	}
}

func BenchmarkDigest(b *testing.B) { benchmarkDigest(b, Rules{}) }

func BenchmarkDigestWithIgnore(b *testing.B) {
	benchmarkDigest(b, Rules{Ignore: []Path{
		{{Name: "updated_at"}}, {{Name: "reactions"}}, {{Name: "labels"}, {Kind: Each}, {Name: "id"}},
	}})
}

func BenchmarkDigestWithWatch(b *testing.B) {
	benchmarkDigest(b, Rules{Watch: []Path{{{Name: "state"}}, {{Name: "title"}}}})
}

func BenchmarkMinify(b *testing.B) {
	item := issue(12345)
	room := make([]byte, 0, 1024)
	b.SetBytes(int64(len(item)))
	for b.Loop() {
		Minify(room, item)
	}
}

func BenchmarkDiff(b *testing.B) {
	before, after := issue(12345), bytes.Replace(issue(12345), []byte(`"open"`), []byte(`"closed"`), 1)
	b.ReportAllocs()
	for b.Loop() {
		Diff(before, after)
	}
}
