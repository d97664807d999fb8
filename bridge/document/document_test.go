package document

import (
	"math/big"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func TestMembersAreYieldedWithTheirNamesAsTheyReadAndTheirRawValues(t *testing.T) {
	for doc, want := range map[string]string{
		` { "a" : [1, {"b":2}] , "e\u0301":"x\"}","":null } `: "a=[1, {\"b\":2}] e\u0301=\"x\\\"}\" =null ",
		`{}`: "", `[{"a":1}]`: "", `"a"`: "", `7`: "", ``: "", `{`: "", `{"a"`: "a= ", `{"a":`: "a= ", `{"a":1`: "a=1 ",
	} {
		var got strings.Builder
		for name, value := range Members([]byte(doc)) {
			got.WriteString(name + "=" + string(value) + " ")
		}
		if got.String() != want {
			t.Errorf("%s: got %q, want %q", doc, got.String(), want)
		}
	}
	for range Members([]byte(`{"a":1,"b":2}`)) {
		break
	}
}

func TestAPathFindsTheRawValue(t *testing.T) {
	const doc = ` {"a":{"b":[1,{"c d":"x\"y"}, [2 ,3]]},"n":null,"":{"e\u0301":true},"s":"{\"a\":1}","num":-1.5e3,"last":"z"} `
	element := func(i int) Step { return Step{Kind: Element, Index: i} }
	for _, test := range []struct {
		path Path
		want string
	}{
		{nil, strings.TrimSpace(doc)},
		{at("a", "b"), `[1,{"c d":"x\"y"}, [2 ,3]]`},
		{append(at("a", "b"), element(0)), `1`},
		{append(at("a", "b"), element(1), Step{Name: "c d"}), `"x\"y"`},
		{append(at("a", "b"), element(2), element(1)), `3`},
		{append(at("a", "b"), element(3)), ``},
		{append(at("a", "b"), Step{Kind: Each}), ``},
		{at("n"), `null`},
		{at("n", "x"), ``},
		{at("", "e\u0301"), `true`},
		{at("s", "a"), ``},
		{at("num"), `-1.5e3`},
		{at("last"), `"z"`},
		{at("gone"), ``},
		{append(Path{element(0)}, at("a")...), ``},
	} {
		got := test.path.Find([]byte(doc))
		if string(got) != test.want || (got == nil) != (test.want == "") {
			t.Errorf("%s: got %q, want %q", test.path, got, test.want)
		}
	}
}

func TestFindingCostsNoAllocation(t *testing.T) {
	item, path := issue(1), at("user", "login")
	if got := testing.AllocsPerRun(100, func() { path.Find(item) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestAPathIsWrittenAsInTheConfiguration(t *testing.T) {
	path := Path{{Name: "a"}, {Name: "b-c_1"}, {Kind: Element}, {Name: "c d"}, {Kind: Each}, {Name: ""}, {Name: "1"}, {Name: `"`}}
	if got := path.String(); got != `.a.b-c_1[0]["c d"][*][""]["1"]["\""]` {
		t.Errorf("got %s", got)
	}
}

func TestTheTextOfAKeyIsCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		`"a"`: "a", ` "a\u00e9\ud83d\ude00\n\"\\\/" `: "aé😀\n\"\\/", `"\ud83dx"`: "\uFFFDx", `true`: "true", `false`: "false",
		`42`: "42", `42.0`: "42", `-42.50`: "-42.5", `0`: "0", `-0`: "0", `0.00`: "0", `1e3`: "1000", `0.001`: "0.001", `12e-1`: "1.2",
		`9007199254740993`: "9007199254740993", `123456789012345678901234567890.10`: "123456789012345678901234567890.1",
		`1E+2`: "100", `100e-2`: "1", `0.5e-3`: "0.0005", `1e1000000`: "0.1e1000001", `1e-1000000`: "0.1e-999999",
		`1e99999999999999999999`: "0.1e100000000000000000000", `120e-2`: "1.2",
		`null`: "", `{}`: "", `[]`: "", `""`: "", ``: "", ` `: "",
	} {
		got, ok := Text([]byte(raw))
		if got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", raw, got, ok, want)
		}
	}
}

// Statement P18: numbers equal in value are equal, and no digit is lost.
func TestTheTextOfANumberIsOneForEachValue(t *testing.T) {
	written := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a := written.Draw(t, "a")
		text, _ := Text([]byte(a))
		value, _ := new(big.Rat).SetString(a)
		again, ok := new(big.Rat).SetString(text)
		if !ok || value.Cmp(again) != 0 {
			t.Fatalf("%s became %s", a, text)
		}
		if twice, _ := Text([]byte(text)); twice != text {
			t.Fatalf("%s became %s and then %s", a, text, twice)
		}
		b := respelt(t, a, value)
		if other, _ := Text([]byte(b)); other != text {
			t.Fatalf("%s became %s, but %s became %s", a, text, b, other)
		}
	})
}

// respelt writes the value of a number in another way.
func respelt(t *rapid.T, a string, value *big.Rat) string {
	mantissa, exponent, found := strings.Cut(strings.ToLower(a), "e")
	if !found {
		exponent = "0"
	}
	shift := rapid.IntRange(-30, 30).Draw(t, "shift")
	sum, _ := new(big.Int).SetString(strings.TrimPrefix(exponent, "+"), 10)
	sum.Sub(sum, big.NewInt(int64(shift)))
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil))
	m, _ := new(big.Rat).SetString(mantissa)
	if shift < 0 {
		scale.Inv(scale)
	}
	return m.Mul(m, scale).FloatString(60) + "e" + sum.String()
}

// Statement H5: an exponent of any length costs no more than its digits.
func TestHugeExponentsAreCompared(t *testing.T) {
	c := NewComparer(Rules{}, 1)
	nines := strings.Repeat("9", 100)
	for _, test := range []struct {
		one, other string
		same       bool
	}{
		{"1e" + nines, "10e" + nines[:99] + "8", true},
		{"1e" + nines, "1e+" + nines, true},
		{"1e" + nines, "1E00" + nines, true},
		{"1e" + nines, "1e-" + nines, false},
		{"1e" + nines, "-1e" + nines, false},
		{"0e" + nines, "0", true},
		{"1e00000000000000000000000000000002", "100", true},
		{"1e9223372036854775807", "1e9223372036854775808", false},
		{"1e99999999999999999", "0.1e100000000000000000", true},
		{"1e-9223372036854775809", "10e-9223372036854775810", true},
	} {
		if got := c.Digest([]byte(test.one)) == c.Digest([]byte(test.other)); got != test.same {
			t.Errorf("%s and %s: equal digests %v", test.one, test.other, got)
		}
		if got := len(Diff([]byte(test.one), []byte(test.other))) == 0; got != test.same {
			t.Errorf("%s and %s: no difference %v", test.one, test.other, got)
		}
	}
}

func TestMinifyTakesOutWhiteSpaceAndNothingElse(t *testing.T) {
	const doc = " {\t\"a b\" : [ 1.0 , 1E+2,\"\\u00e9 \\\" x\" ,true , null ]\r\n, \"é\":{ } } "
	const want = `{"a b":[1.0,1E+2,"\u00e9 \" x",true,null],"é":{}}`
	if got := string(Minify([]byte("x"), []byte(doc))); got != "x"+want {
		t.Fatalf("got %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := spell(t, drawValue(t, 4))
		expected, err := jsontext.AppendFormat(nil, doc, jsontext.PreserveRawStrings(true))
		if err != nil {
			t.Fatal(err)
		}
		if got := Minify(nil, doc); string(got) != string(expected) {
			t.Fatalf("%s became %s, not %s", doc, got, expected)
		}
	})
}
