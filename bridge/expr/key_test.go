package expr

import (
	"strings"
	"testing"
)

func keyOf(t testing.TB, text string) *Key {
	t.Helper()
	key, diags := CompileKey(parse(t, text), functions())
	if diags.HasErrors() {
		t.Fatalf("compile %s: %s", text, diags)
	}
	return key
}

const keyed = `{"id":42,"node":{"id":"MDU6"},"repo":"golang/go","big":12345678901234567890,"float":42.0,"yes":true,
	"none":null,"blank":"","object":{},"list":[1],"esc":"a\u00e9\n","number":1e3,"zero":-0.0}`

// Statement P3: a key may be an expression over several fields.
func TestAKeyIsReadOffAnItem(t *testing.T) {
	for text, want := range map[string]string{
		`item.id`:                          `42`,
		`(item.id)`:                        `42`,
		`"${item.id}"`:                     `42`,
		`item.node.id`:                     `MDU6`,
		`item["repo"]`:                     `golang/go`,
		`item.big`:                         `12345678901234567890`,
		`item.float`:                       `42`,
		`item.number`:                      `1000`,
		`item.zero`:                        `0`,
		`item.yes`:                         `true`,
		`item.list[0]`:                     `1`,
		`item.esc`:                         "aé\n",
		`"${item.repo}/${item.id}"`:        `golang/go/42`,
		`"x-${item.float}"`:                `x-42`,
		`lower(item.node.id)`:              `mdu6`,
		`"${lower(item.repo)}#${item.id}"`: `golang/go#42`,
		`item.big + 1`:                     `12345678901234567891`,
		`coalesce(item.none, item.id)`:     `42`,
		`sha256(item.repo)`:                `5a9deb10ab3ac5a5e0ae0ea4fe4a7b0b`,
	} {
		got, err := keyOf(t, text).Of([]byte(keyed))
		if text == `sha256(item.repo)` {
			if err != nil || len(got) != 64 {
				t.Errorf("%s: got %q, %v", text, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestAKeyTellsWhichMembersItReads(t *testing.T) {
	for text, want := range map[string]string{
		`item.id`:                          "id",
		`item["repo"]`:                     "repo",
		`item.node.id`:                     "node",
		`"x-${item.repo}/${item.id}"`:      "repo id",
		`"${lower(item.repo)}#${item.id}"`: "repo id",
		`item[0]`:                          "",
	} {
		if got := strings.Join(keyOf(t, text).Members(), " "); got != want {
			t.Errorf("%s reads %q, want %q", text, got, want)
		}
	}
}

// Statement P3: an item without a key is an error, which says what was missing.
func TestAnItemWithoutAKeyIsAnErrorThatNamesWhatIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		`item.gone`:                          `no key: item.gone is absent`,
		`item.node.gone.more`:                `no key: item.node.gone.more is absent`,
		`item.none`:                          `no key: item.none is null`,
		`item.blank`:                         `no key: item.blank is the empty string`,
		`item.object`:                        `no key: item.object is an object`,
		`item.list`:                          `no key: item.list is a list`,
		`"${item.repo}/${item.gone}"`:        `no key: item.gone is absent`,
		`"${item.repo}/${item.none}"`:        `no key: item.none is null`,
		`lower(item.gone)`:                   `no key: item.gone is absent`,
		`"${lower(item.repo)}/${item.gone}"`: `no key: item.gone is absent`,
		`lower(item.blank)`:                  `no key: the expression gives the empty string`,
		`[item.id]`:                          `no key: the expression gives a list`,
		`tonumber(item.repo)`:                `no key: evaluate source.hcl:3: `,
	} {
		got, err := keyOf(t, text).Of([]byte(keyed))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestAKeyThatCannotWorkIsADiagnostic(t *testing.T) {
	for text, want := range map[string]string{
		`"constant"`:               "something of the item",
		`each.key`:                 `"each" is not known here, only item`,
		`"${env("X")}-${item.id}"`: "Secret in a key",
		`lover(item.id)`:           "lover",
		`item.ids[0.5]`:            "whole number",
	} {
		_, diags := CompileKey(parse(t, text), functions())
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, diags, want)
		}
	}
}

// Statement H8: a child's key is made of its parent's and its own.
func TestAKeyMayReadWhatStandsAroundTheItem(t *testing.T) {
	around := Scope{Read: func(ref Ref) []byte { return ref.Path.Find([]byte(`{"key":"p/1","item":{"n":7}}`)) }}
	for text, want := range map[string]string{
		`"${each.key}/${item.id}"`:         `p/1/42`,
		`"${upper(each.key)}-${item.id}"`:  `P/1-42`,
		`"${each.item.n}:${item.node.id}"`: `7:MDU6`,
		`"${each.item.m}:${item.node.id}"`: `no key: each.item.m is absent`,
		`"${lower(each.nil)}${item.id}"`:   `no key: each.nil is absent`,
	} {
		key, diags := CompileKey(parse(t, text), functions(), "each")
		if diags.HasErrors() {
			t.Fatalf("compile %s: %s", text, diags)
		}
		got, err := key.Within([]byte(keyed), around)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if _, diags := CompileKey(parse(t, `each.key`), functions(), "each"); !diags.HasErrors() {
		t.Error("a key that reads nothing of the item is taken")
	}
}

func TestAPlainKeyCostsNoAllocationBeyondItsText(t *testing.T) {
	for _, text := range []string{`item.repo`, `"${item.repo}/${item.id}"`, `item.big`} {
		key := keyOf(t, text)
		item := []byte(keyed)
		if got := testing.AllocsPerRun(100, func() { _, _ = key.Of(item) }); got > 1 {
			t.Errorf("%s: %v allocations", text, got)
		}
	}
}

func BenchmarkKeyOfAPath(b *testing.B)     { benchmarkKey(b, `item.node.id`) }
func BenchmarkKeyOfATemplate(b *testing.B) { benchmarkKey(b, `"${item.repo}/${item.id}"`) }
func BenchmarkKeyOfAnExpression(b *testing.B) {
	benchmarkKey(b, `lower(item.repo)`)
}

func benchmarkKey(b *testing.B, text string) {
	key := keyOf(b, text)
	item := []byte(keyed)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Of(item); err != nil {
			b.Fatal(err)
		}
	}
}
