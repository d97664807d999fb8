package fetch_test

import (
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

func TestTheNextLinkIsReadAsTheRFCWritesIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"none", nil, ""},
		{"empty", []string{""}, ""},
		{"the only one", []string{`<https://a.test/?page=2>; rel="next"`}, "https://a.test/?page=2"},
		{"without quotes", []string{`</2>; rel=next`}, "/2"},
		{"without spaces", []string{`</2>;rel="next",</9>;rel="last"`}, "/2"},
		{"with more spaces", []string{"  </2> \t;  rel = \"next\" "}, "/2"},
		{"second of several", []string{`</1>; rel="prev", </3>; rel="next", </9>; rel="last"`}, "/3"},
		{"in a second field", []string{`</style.css>; rel=preload`, `</3>; rel="next"`}, "/3"},
		{"one of several relations", []string{`</3>; rel="last  next"`}, "/3"},
		{"in another case", []string{`</3>; REL="NeXt"`}, "/3"},
		{"only a part of the name", []string{`</3>; rel="next-archive"`}, ""},
		{"comma and semicolon in the target", []string{`</?ids=1,2;3>; rel="prev", </?ids=4,5;6>; rel="next"`}, "/?ids=4,5;6"},
		{"comma and semicolon in a title", []string{`</1>; title="a, b; rel=next"; rel="prev", </2>; rel="next"`}, "/2"},
		{"an escaped quote in a title", []string{`</1>; title="a \"quoted\", b"; rel="prev", </2>; rel="next"`}, "/2"},
		{"a link in a title", []string{`</1>; title="<evil>; rel=next"; rel=prev`}, ""},
		{"a parameter without a value", []string{`</2>; crossorigin; rel="next"`}, "/2"},
		{"the first rel counts", []string{`</2>; rel="prev"; rel="next"`}, ""},
		{"about another resource", []string{`</2>; rel="next"; anchor="/other"`}, ""},
		{"empty elements between", []string{`, ,</2>; rel="next",`}, "/2"},
		{"an empty target", []string{`<>; rel="next"`}, ""},
		{"no bracket", []string{`/2; rel="next"`}, ""},
		{"no closing bracket", []string{`</2; rel="next"`}, ""},
		{"no closing quote", []string{`</2>; rel="next`}, ""},
		{"a malformed one before", []string{`</1>; title="x, </2>; rel="next"`, `</3>; rel="next"`}, "/3"},
		{"rubbish after the parameter", []string{`</1>; rel="next" x, </2>; rel="next"`}, ""},
	} {
		if got, doubt := fetch.Next(c.fields, "next"); got != c.want || doubt && got != "" {
			t.Errorf("%s: %q, %v, want %q", c.name, got, doubt, c.want)
		}
	}
}

// P4: a page of which it is not certain that it is the last is not taken for it.
func TestALinkThatCannotBeReadLeavesADoubt(t *testing.T) {
	for field, want := range map[string]bool{
		"":                            false,
		`</1>; rel="prev"`:            false,
		`</2>; rel="next"`:            false,
		`/2; rel="next"`:              true,
		`</2; rel="next"`:             true,
		`</2>; rel="next`:             true,
		`<>; rel="next"`:              true,
		`</2>; rel="next" x`:          true,
		`</1>; rel="prev", next: /2`:  true,
		`</1>; rel="prev", </2; NEXT`: true,
		`</1>; title="x`:              false,
		"\xff\x00; <<<>>>":            false,
		`</2>; rel="next-archive`:     false,
		`nextcloud; rel=x`:            false,
	} {
		if _, doubt := fetch.Next([]string{field}, "next"); doubt != want {
			t.Errorf("%q: doubt is %v", field, doubt)
		}
		if target, doubt := fetch.Next([]string{field, `</9>; rel="next"`}, "next"); doubt || target == "" {
			t.Errorf("%q, and then a good one: %q, %v", field, target, doubt)
		}
	}
}

// R6: whatever a header holds, the reading ends, and what is returned stood in the header between brackets.
func FuzzNextLink(f *testing.F) {
	for _, seed := range []string{
		`<https://a.test/?page=2>; rel="next"`, `</1>; title="a, b"; rel=prev, </2>; rel="next last"`,
		`<>;`, `<a>;;;`, `<a>;=;rel=next`, `<a>;rel="\`, `<a>;rel=next;`, ",,<",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		target, _ := fetch.Next([]string{field}, "next")
		if !strings.Contains(field, target) || strings.Contains(target, ">") {
			t.Errorf("%q out of %q", target, field)
		}
		if framed, _ := fetch.Next([]string{`</first>; rel="next", ` + field}, "next"); framed != "/first" {
			t.Errorf("%q after a link of our own gives %q", field, framed)
		}
	})
}
