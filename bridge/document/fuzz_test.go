package document

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// valid reports whether a document is one that Split lets through, with numbers that the naive form can write.
func valid(doc []byte) bool {
	if len(doc) > 1<<16 || !jsontext.Value(doc).IsValid() {
		return false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return true
		}
		if token.Kind() == '0' && !modest(token.String()) {
			return false
		}
	}
}

// modest reports whether the exponent of a number has at most three digits.
func modest(number string) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	return len(strings.TrimLeft(exponent, "+-0")) <= 3
}

var seeds = []string{
	`{"items":[{"id":1,"a":[1,2,{"b":null}]},{"id":2.0}],"n":"x"}`, `{"items":[]}`, `{"items":[{"é":"\u00e9\ud83d\ude00"}]}`,
	`{"items":[1e400,-0,0.10,100]}`, `{"items":{"a":1}}`, `[]`, `{}`, `{"a":{"a":{"a":[[[]]]}}}`, "\xef\xbb\xbf{\"items\":[1]}",
	`{"items":[1,`, `{"a":1,"a":2}`, "{\"items\":[\"\xff\"]}", `{"items":[1]}x`, `{"items":["\ud800"]}`, ` { "items" : [ 1 , "a b" ] } `,
}

func FuzzSplit(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, captured, err := gather(bytes.NewReader(body), at("items"), []Path{at("n")}, Limits{Item: 1 << 16, Depth: 100})
		if err != nil {
			return
		}
		body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(body, &whole); err != nil {
			t.Fatalf("encoding/json does not take it: %v", err)
		}
		var want []json.RawMessage
		if err := json.Unmarshal(whole["items"], &want); err != nil || len(want) != len(items) {
			t.Fatalf("%d items, not %d: %v", len(items), len(want), err)
		}
		for i, item := range items {
			if item != string(want[i]) || !jsontext.Value(item).IsValid() {
				t.Fatalf("item %d is %s, not %s", i, item, want[i])
			}
		}
		if string(captured[0]) != string(whole["n"]) || string(captured[0]) != string(at("n").Find(body)) {
			t.Fatalf("captured %s, not %s", captured[0], whole["n"])
		}
	})
}

func FuzzSplitEach(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"items":[{"m":[1,2],"x":0},{"m":[]},{"m":[{}]}],"n":1}`))
	list := append(at("items"), Step{Kind: Each}, Step{Name: "m"})
	f.Fuzz(func(t *testing.T, body []byte) {
		items, captured, err := gather(bytes.NewReader(body), list, []Path{at("n"), at("items")}, Limits{Item: 1 << 16, Depth: 100})
		if err != nil {
			return
		}
		body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		var want []json.RawMessage
		var groups []map[string]json.RawMessage
		if err := json.Unmarshal(at("items").Find(body), &groups); err != nil {
			t.Fatalf("encoding/json does not take it: %v", err)
		}
		for _, group := range groups {
			var some []json.RawMessage
			if err := json.Unmarshal(group["m"], &some); err != nil {
				t.Fatalf("encoding/json does not take it: %v", err)
			}
			want = append(want, some...)
		}
		if len(items) != len(want) || string(captured[0]) != string(at("n").Find(body)) {
			t.Fatalf("%d items, not %d; captured %s", len(items), len(want), captured[0])
		}
		for i, item := range items {
			if item != string(want[i]) {
				t.Fatalf("item %d is %s, not %s", i, item, want[i])
			}
		}
	})
}

func FuzzDigest(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), []byte(seeds[(i+1)%len(seeds)]), "a")
		f.Add([]byte(seed), []byte(strings.ReplaceAll(seed, ",", " ,\n")), "items")
	}
	f.Fuzz(func(t *testing.T, one, other []byte, name string) {
		if !valid(one) || !valid(other) {
			return
		}
		each := Path{{Name: "items"}, {Kind: Each}, {Name: name}}
		for _, rules := range []Rules{{}, {Ignore: []Path{at(name), each}}, {Watch: []Path{at(name), each}, Sets: []Path{at("items")}}} {
			c := NewComparer(rules, 1)
			same := naive(rules, one) == naive(rules, other)
			if got := c.Digest(one) == c.Digest(other); got != same {
				t.Fatalf("equal: %v under %v\n%s\n%s", got, rules, one, other)
			}
		}
	})
}

func FuzzDiff(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), []byte(seeds[(i+1)%len(seeds)]))
		f.Add([]byte(seed), []byte(strings.ReplaceAll(seed, "1", "2")))
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if valid(before) && valid(after) {
			checkDiff(t, before, after)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, spellings := range someNumbers {
		for _, spelling := range spellings {
			f.Add(spelling, "1.50e1")
		}
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		for _, number := range []string{one, other} {
			if !jsontext.Value(number).IsValid() || jsontext.Value(number).Kind() != '0' || !modest(strings.TrimSpace(number)) {
				return
			}
		}
		a, _ := new(big.Rat).SetString(strings.TrimSpace(one))
		b, _ := new(big.Rat).SetString(strings.TrimSpace(other))
		c := NewComparer(Rules{}, 1)
		if same := c.Digest([]byte(one)) == c.Digest([]byte(other)); same != (a.Cmp(b) == 0) {
			t.Fatalf("%s and %s: equal digests %v", one, other, same)
		}
		x, _ := Text([]byte(one))
		y, _ := Text([]byte(other))
		if (x == y) != (a.Cmp(b) == 0) {
			t.Fatalf("%s and %s: texts %s and %s", one, other, x, y)
		}
	})
}

// FuzzBytes shows that no function ends in a panic or without end on bytes that are no JSON at all.
func FuzzBytes(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
		f.Add([]byte(seed[:len(seed)/2]))
	}
	f.Add([]byte(`{"a":}`))
	f.Add([]byte(`["a":1]`))
	f.Add([]byte(`{"a"`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		rules := Rules{Ignore: []Path{at("a")}, Sets: []Path{at("items")}}
		NewComparer(rules, 1).Digest(doc)
		Diff(doc, append(bytes.Clone(doc), 'x'))
		Diff(doc, doc[:len(doc)/2])
		Minify(nil, doc)
		Text(doc)
		for _, path := range []Path{at("items", "a"), {{Kind: Element, Index: 1}}} {
			if found := path.Find(doc); len(found) > len(doc) {
				t.Fatalf("%d bytes found in %d", len(found), len(doc))
			}
		}
	})
}
