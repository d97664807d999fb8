package expr

import (
	"fmt"
	"strings"
	"testing"
)

func TestABareTraversalIsAPath(t *testing.T) {
	for text, want := range map[string]string{
		`item`:                     ``,
		`item.id`:                  `.id`,
		`item.data[0]["x y"].a-b`:  `.data[0]["x y"].a-b`,
		`item["id"]`:               `.id`,
		`(item.id)`:                `.id`,
		`item.labels[*].url`:       `.labels[*].url`,
		`item.labels[*]`:           `.labels[*]`,
		`item[*]`:                  `[*]`,
		`item.a[*].b[*].c["d"][0]`: `.a[*].b[*].c.d[0]`,
		`item.a[*][*]`:             `.a[*][*]`,
		`item["a\"b"]`:             `["a\"b"]`,
		`item.labels[12].name`:     `.labels[12].name`,
		`item.a[*][3].b`:           `.a[*][3].b`,
	} {
		path, diags := Path(parse(t, text), "item", true)
		if diags.HasErrors() || path.String() != want {
			t.Errorf("%s: got %q, %v; want %q", text, path, diags, want)
		}
	}
}

func TestWhatIsNoPathIsADiagnosticThatSaysWhatIs(t *testing.T) {
	for _, test := range []struct {
		text, want string
		each       bool
	}{
		{`lower(item.id)`, "bare path such as item.labels[0].name", false},
		{`lower(item.id)`, "bare path such as item.labels[*].name", true},
		{`"item.id"`, "bare path", false},
		{`"${item.id}-x"`, "bare path", false},
		{`item.id + 1`, "bare path", false},
		{`null`, "bare path", false},
		{`item[lower("a")]`, "bare path", false},
		{`itme.id`, `Did you mean "item"?`, false},
		{`body.id`, `"body" is not known here, only item`, false},
		{`item.labels[*].url`, "stands for many", false},
		{`item.labels.*.url`, "written as [*]", true},
		{`item.labels[1.5]`, "whole number", false},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, diags := Path(parse(t, test.text), "item", test.each)
			if !diags.HasErrors() || !strings.Contains(diags.Error(), test.want) {
				t.Fatalf("got %v, want %q", diags, test.want)
			}
		})
	}
}

func TestPathsAreAListOfPaths(t *testing.T) {
	paths, diags := Paths(parse(t, `[item.updated_at, item.labels[*].url]`), "item")
	if diags.HasErrors() || fmt.Sprint(paths) != "[.updated_at .labels[*].url]" {
		t.Fatalf("got %v, %v", paths, diags)
	}
	if _, diags := Paths(parse(t, `item.updated_at`), "item"); !strings.Contains(diags.Error(), "list of paths") {
		t.Fatalf("got %v", diags)
	}
	if _, diags := Paths(parse(t, `[item.a, 1, itm.b, "x"]`), "item"); len(diags) != 3 {
		t.Fatalf("not all mistakes are reported: %v", diags)
	}
}
