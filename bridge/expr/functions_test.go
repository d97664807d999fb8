package expr

import (
	"slices"
	"strings"
	"testing"
)

func TestTheFunctionsOfTheContractAreThere(t *testing.T) {
	all := Functions()
	for name := range strings.FieldsSeq(`lower upper trimspace format join split replace regex substr jsonencode
		jsondecode base64encode urlencode coalesce try can contains length keys values merge lookup tonumber tostring
		formatdate sha256 min max nonsensitive truncate`) {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestFunctionsReturnWhatATerraformUserExpects(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`lower("ÀB")`, `"àb"`},
		{`upper("àb")`, `"ÀB"`},
		{`trimspace("  x ")`, `"x"`},
		{`format("%s-%03d", "a", 7)`, `"a-007"`},
		{`join("-", [1, "b", 3])`, `"1-b-3"`},
		{`split(",", "a,b")`, `["a","b"]`},
		{`replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`replace("a1b22", "/[0-9]+/", "#")`, `"a#b#"`},
		{`replace("a/b", "/", "-")`, `"a-b"`},
		{`regex("[0-9]+", "ab12")`, `"12"`},
		{`substr("héllo", 1, 3)`, `"éll"`},
		{`truncate("héllo", 5)`, `"héllo"`},
		{`truncate("héllo!", 5)`, `"héll…"`},
		{`truncate("a👩‍👩‍👧b", 8)`, `"a…"`}, // a family is eight units, and one character
		{`truncate("a👩‍👩‍👧b", 10)`, `"a👩‍👩‍👧b"`},
		{`truncate("ab", 1)`, `"…"`},
		{`truncate(null, 5)`, `""`},
		{`truncate(12345, 4)`, `"123…"`},
		{`jsonencode({ b = 1, a = ["<&>", null, 1.5] })`, `"{\"a\":[\"<&>\",null,1.5],\"b\":1}"`},
		{`jsondecode("{\"a\":[1,{\"b\":null}]}")`, `{"a":[1,{"b":null}]}`},
		{`jsondecode("[12345678901234567890.5]")[0]`, `12345678901234567890.5`},
		{`base64encode("hé")`, `"aMOp"`},
		{`urlencode("a b&c+/d")`, `"a%20b%26c%2B%2Fd"`},
		{`coalesce(null, "", 0, 1)`, `0`},
		{`coalesce(null, "")`, `""`},
		{`coalesce("", null)`, `""`},
		{`coalesce(null, null)`, `null`},
		{`try(tonumber("x"), 2)`, `2`},
		{`can(tonumber("x"))`, `false`},
		{`contains([1, "a"], "a")`, `true`},
		{`contains([1, "a"], "b")`, `false`},
		{`length("héllo") + length([1, 2]) + length({ a = 1 }) + length(null)`, `8`},
		{`keys({ b = 1, a = 2 })`, `["a","b"]`},
		{`values({ b = 1, a = 2 })`, `[2,1]`},
		{`merge({ a = 1, b = 2 }, { b = 3 }, null)`, `{"a":1,"b":3}`},
		{`lookup({ a = 1 }, "b", 9)`, `9`},
		{`lookup({ a = 1 }, "b")`, `null`},
		{`tonumber("1e3")`, `1000`},
		{`tostring(12.50)`, `"12.5"`},
		{`formatdate("YYYY-MM-DD", "2026-11-23T08:43:24Z")`, `"2026-11-23"`},
		{`sha256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`min(3, 1, 2) + max(3, 1, 2)`, `4`},
		{`nonsensitive({ a = "x" })`, `{"a":"x"}`},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := compiled(t, test.text).JSON(over(`{}`))
			if err != nil || string(got) != test.want {
				t.Fatalf("got %s, %v; want %s", got, err, test.want)
			}
		})
	}
}

// A function must not behave otherwise when its arguments are read from an event instead of being written out.
func TestFunctionsWorkOverWhatAnEventHolds(t *testing.T) {
	for text, want := range map[string]string{
		`upper(after.state)`:                          `"CLOSED"`,
		`merge(after.nested, { y = 2 })`:              `{"x y":{"z":1},"y":2}`,
		`keys(after.nested)`:                          `["x y"]`,
		`length(after.nested)`:                        `1`,
		`lookup(after.nested, "q", "d")`:              `"d"`,
		`min(after.list...)`:                          `1`,
		`join("+", after.list)`:                       `"1+2+3"`,
		`tostring(after.list[0])`:                     `"1"`,
		`jsonencode(after.labels[1])`:                 `"{\"name\":\"new\"}"`,
		`lookup(after.nested, "q", null)`:             `null`,
		`merge(after.absent, { a = 1 })`:              `{"a":1}`,
		`format("%v", after.absent)`:                  `"null"`,
		`contains([null, 1], after.absent)`:           `true`,
		`format("%v %s", after.list[0], after.state)`: `"1 closed"`,
	} {
		got, err := compiled(t, text).JSON(over(closing))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestTheMapOfFunctionsIsTheCallersOwn(t *testing.T) {
	first := Functions()
	delete(first, "lower")
	if _, ok := Functions()["lower"]; !ok {
		t.Fatal("one caller's map is another's")
	}
	if names := slices.Collect(func(yield func(string) bool) {
		for name := range first {
			if !yield(name) {
				return
			}
		}
	}); slices.Contains(names, changedName) {
		t.Fatal("changed is known without a change")
	}
}
