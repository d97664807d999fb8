package command

import (
	"strings"
	"testing"
)

func TestLinesThatDifferAreShownWithThoseAround(t *testing.T) {
	lines := func(text string) []string { return strings.Split(text, " ") }
	for _, test := range [][3]string{
		{"a b c", "a b c", ""},
		{"a b c", "a x c", "  a\n- b\n+ x\n  c\n"},
		{"a b", "a b c", "  a\n  b\n+ c\n"},
		{"b", "a b", "+ a\n  b\n"},
		{"1 2 3 4 5 6 7 8 9 10 11 12 13", "1 x 3 4 5 6 7 8 9 10 11 y 13", "  1\n- 2\n+ x\n  3\n  4\n  5\n  …\n  9\n  10\n  11\n- 12\n+ y\n  13\n"},
		{"a b a b", "b a b a", "- a\n  b\n  a\n  b\n+ a\n"},
	} {
		if got := diffLines(lines(test[0]), lines(test[1])); got != test[2] {
			t.Errorf("%s and %s:\n%s\nwant\n%s", test[0], test[1], got, test[2])
		}
	}
	many := strings.Repeat("x ", 3000)
	if got := diffLines(lines("a "+many+"b"), lines("c "+many+"d")); !strings.HasPrefix(got, "- a\n") || !strings.HasSuffix(got, "+ d\n") {
		t.Errorf("two large texts differ by %.40s…", got)
	}
}
