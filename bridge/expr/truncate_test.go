package expr

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// D19: whatever the text, it is short enough by any count, valid, and the beginning of what it was.
func TestATruncatedTextIsShortEnoughByAnyCount(t *testing.T) {
	hostile := rapid.StringOf(rapid.SampledFrom([]rune("ab \n<&>\"\\é😀👩\u200d\u0301\u0302\U0001F3FB日\x00\uFFFD")))
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.OneOf(hostile, rapid.String()).Draw(t, "text"), rapid.IntRange(1, 20).Draw(t, "most")
		got := truncate(text, most)
		count := len(utf16.Encode([]rune(got)))
		if count > most || utf8.RuneCountInString(got) > most || !utf8.ValidString(got) {
			t.Fatalf("%q is %d units long, and %d are allowed", got, count, most)
		}
		if len(utf16.Encode([]rune(text))) <= most {
			if got != text {
				t.Fatalf("%q fits, and became %q", text, got)
			}
			return
		}
		if rest, cut := strings.CutSuffix(got, "…"); !cut || !strings.HasPrefix(text, rest) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// One character that is longer than all that is allowed is cut apart, rather than nothing being left of it.
func TestACharacterThatIsTooLongByItselfIsCut(t *testing.T) {
	if got := truncate("e"+strings.Repeat("\u0301", 3000), 5); got != "e\u0301\u0301\u0301…" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkTruncate(b *testing.B) {
	text := strings.Repeat("wörld 😀 ", 100_000)
	for b.Loop() {
		_ = truncate(text, 2000)
	}
}
