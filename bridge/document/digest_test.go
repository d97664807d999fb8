package document

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func at(names ...string) Path {
	var path Path
	for _, name := range names {
		path = append(path, Step{Name: name})
	}
	return path
}

// Statement P18: white space, the order of members, the spelling of numbers and strings never matter.
func TestSpellingsOfOneDocumentHaveOneDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := drawValue(t, 4)
		c := NewComparer(drawRules(t), rapid.Uint64().Draw(t, "seed"))
		one, other := spell(t, value), spell(t, value)
		if c.Digest(one) != c.Digest(other) {
			t.Fatalf("%s\n%s", one, other)
		}
	})
}

// Statement P18: two documents have one digest exactly if their canonical forms under the rules are the same.
func TestDigestsAreEqualExactlyIfTheCanonicalFormsAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawValue(t, 4)
		after := drawChanged(t, before, 4)
		rules := drawRules(t)
		one, other := spell(t, before), spell(t, after)
		c := NewComparer(rules, 7)
		want := naive(rules, one) == naive(rules, other)
		if got := c.Digest(one) == c.Digest(other); got != want {
			t.Fatalf("equal: %v, should be %v, under %v\n%s  %s\n%s  %s",
				got, want, rules, one, naive(rules, one), other, naive(rules, other))
		}
	})
}

func TestRulesDecideWhatCounts(t *testing.T) {
	labels := append(at("labels"), Step{Kind: Each}, Step{Name: "url"})
	second := append(at("labels"), Step{Kind: Element, Index: 1})
	both := append(at("labels"), Step{Kind: Element, Index: 1}, Step{Name: "n"})
	for _, test := range []struct {
		name       string
		rules      Rules
		one, other string
		same       bool
	}{
		{"an ignored member", Rules{Ignore: []Path{at("t")}}, `{"a":1,"t":1}`, `{"a":1,"t":{"x":2}}`, true},
		{"an ignored member that is gone", Rules{Ignore: []Path{at("t")}}, `{"a":1,"t":1}`, `{"a":1}`, true},
		{"a member beside an ignored one", Rules{Ignore: []Path{at("t")}}, `{"a":1,"t":1}`, `{"a":2,"t":1}`, false},
		{"an escaped name of an ignored member", Rules{Ignore: []Path{at("é")}}, `{"\u00e9":1}`, `{"é":2}`, true},
		{
			"ignored in each element",
			Rules{Ignore: []Path{labels}},
			`{"labels":[{"n":1,"url":2},{"n":2}]}`, `{"labels":[{"n":1},{"n":2,"url":9}]}`, true,
		},
		{
			"not ignored in each element",
			Rules{Ignore: []Path{labels}},
			`{"labels":[{"n":1,"url":2}]}`, `{"labels":[{"n":2,"url":2}]}`, false,
		},
		{"an ignored element", Rules{Ignore: []Path{second}}, `{"labels":[1,2,3]}`, `{"labels":[1,7,3]}`, true},
		{
			"rules for each and for one element",
			Rules{Ignore: []Path{labels, both}},
			`{"labels":[{"n":1},{"n":1,"url":1}]}`, `{"labels":[{"n":1},{"n":2,"url":2}]}`, true,
		},
		{"beside what is watched", Rules{Watch: []Path{at("state")}}, `{"state":1,"x":1}`, `{"state":1,"x":2}`, true},
		{"what is watched", Rules{Watch: []Path{at("state")}}, `{"state":1}`, `{"state":2}`, false},
		{"watched, absent or null", Rules{Watch: []Path{at("state")}}, `{}`, `{"state":null}`, false},
		{"watched in what is absent or empty", Rules{Watch: []Path{at("a", "b")}}, `{"a":{}}`, `{"a":7}`, true},
		{
			"watched but ignored",
			Rules{Watch: []Path{at("a")}, Ignore: []Path{at("a", "b")}},
			`{"a":{"b":1}}`, `{"a":{"b":2}}`, true,
		},
		{
			"watched in each element",
			Rules{Watch: []Path{labels}},
			`{"labels":[{"n":1,"url":2}]}`, `{"labels":[{"n":2,"url":2}]}`, true,
		},
		{
			"watched in another element",
			Rules{Watch: []Path{labels}},
			`{"labels":[{"url":1},{},{"url":2}]}`, `{"labels":[{"url":1},{"url":2},{}]}`, false,
		},
		{
			"elements without what is watched",
			Rules{Watch: []Path{labels}},
			`{"labels":[{"url":1},{},7]}`, `{"labels":[{"url":1}]}`, true,
		},
		{"order in an array", Rules{}, `[1,2]`, `[2,1]`, false},
		{"order in a set", Rules{Sets: []Path{{}}}, `[1,2,{"a":3}]`, `[{"a":3.0},2,1]`, true},
		{"twice in a set", Rules{Sets: []Path{{}}}, `[1,1,2]`, `[1,2,2]`, false},
		{"order beside a set", Rules{Sets: []Path{at("s")}}, `{"s":[],"a":[1,2]}`, `{"s":[],"a":[2,1]}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := NewComparer(test.rules, 3)
			if got := c.Digest([]byte(test.one)) == c.Digest([]byte(test.other)); got != test.same {
				t.Errorf("equal: %v", got)
			}
		})
	}
}

func TestWhatLooksAlikeHasDigestsOfItsOwn(t *testing.T) {
	c := NewComparer(Rules{}, 1)
	seen := map[[16]byte]string{}
	for _, doc := range []string{
		`{}`, `[]`, `""`, `0`, `null`, `false`, `true`, `"0"`, `"null"`, `[[]]`, `[{}]`, `[null]`, `{"":null}`, `{"a":{}}`,
		`{"a":[]}`, `[0]`, `[0,0]`, `[[0],0]`, `[0,[0]]`, `[[0,0]]`, `{"a":"b"}`, `{"b":"a"}`, `["a","b"]`, `{"a":1,"b":2}`,
		`{"a":2,"b":1}`, `{"ab":1}`, `{"a":{"b":1}}`, `{"a":1}`, `-1`, `1`, `10`, `100`, `0.1`, `1e400`, `1e-400`, `"é"`,
		`1e99999999999999999999`, `1e99999999999999999998`, `1e-99999999999999999999`, `12345678901234567890123456789012345678901234567890123456789012345678901`,
		`12345678901234567890123456789012345678901234567890123456789012345678902`,
	} {
		digest := c.Digest([]byte(doc))
		if other, twice := seen[digest]; twice {
			t.Errorf("%s has the digest of %s", doc, other)
		}
		seen[digest] = doc
	}
}

func TestTheSeedKeysEveryHash(t *testing.T) {
	a, b := NewComparer(Rules{}, 1), NewComparer(Rules{}, 2)
	doc := []byte(`{"a":[1,"x"]}`)
	if a.Digest(doc) == b.Digest(doc) || a.Raw(doc) == b.Raw(doc) || a.Key("k") == b.Key("k") {
		t.Fatal("a hash does not depend on the seed")
	}
	if a.Raw(doc) == a.Raw([]byte(`{"a":[1, "x"]}`)) || a.Key("k") == a.Key("l") {
		t.Fatal("a hash does not depend on what is hashed")
	}
	if a.Fingerprint() != b.Fingerprint() {
		t.Fatal("the fingerprint depends on the seed")
	}
}

// Statement P10: a change of the comparing rules is seen by the fingerprint, their order does not matter.
func TestTheFingerprintIsThatOfTheRules(t *testing.T) {
	a, b := at("a"), at("b")
	print := func(rules Rules) [16]byte { return NewComparer(rules, 0).Fingerprint() }
	if print(Rules{Ignore: []Path{a, b}}) != print(Rules{Ignore: []Path{b, a, b}}) {
		t.Error("the order of rules matters")
	}
	seen := map[[16]byte]bool{}
	all := []Rules{
		{},
		{Ignore: []Path{a}},
		{Watch: []Path{a}},
		{Sets: []Path{a}},
		{Ignore: []Path{b}},
		{Ignore: []Path{a, b}},
		{Ignore: []Path{a}, Watch: []Path{b}},
		{Ignore: []Path{at("a", "b")}},
		{Ignore: []Path{at(`a.b`)}},
		{Ignore: []Path{append(at("a"), Step{Kind: Each})}},
		{Ignore: []Path{append(at("a"), Step{Kind: Element})}},
		{Ignore: []Path{at("a", "0")}},
		{Ignore: []Path{at("a\nwatch .b")}},
		{Ignore: []Path{{}}},
	}
	for _, rules := range all {
		seen[print(rules)] = true
	}
	if len(seen) != len(all) {
		t.Errorf("%d fingerprints of %d rules", len(seen), len(all))
	}
}

func TestADigestCostsNoAllocation(t *testing.T) {
	c := NewComparer(Rules{Ignore: []Path{at("updated_at")}, Sets: []Path{at("labels")}}, 1)
	item := issue(1)
	if got := testing.AllocsPerRun(100, func() { c.Digest(item); c.Raw(item) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
}

// Statement H5: neither depth nor length breaks the digest.
func TestDeepAndLongDocumentsHaveDigests(t *testing.T) {
	c := NewComparer(Rules{}, 1)
	deep := strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000)
	long := `"` + strings.Repeat(`\u00e9`, 1<<20) + `"`
	same := `"` + strings.Repeat(`é`, 1<<20) + `"`
	if c.Digest([]byte(deep)) == c.Digest([]byte(deep[1:len(deep)-1])) {
		t.Error("depth does not count")
	}
	if c.Digest([]byte(long)) != c.Digest([]byte(same)) {
		t.Error("escapes count")
	}
}
