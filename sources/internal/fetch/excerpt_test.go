package fetch

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A secret may begin before the edge of what is read of a refusal and end behind it.
func TestASecretAcrossTheEdgeOfAnExcerptIsHidden(t *testing.T) {
	secret := strings.Repeat("s3cret", 100)
	c := &Client{settings: Settings{secrets: []string{secret}}}
	for filler := range 700 {
		body := strings.Repeat(secret, 6) + strings.Repeat(" ", filler) + strings.Repeat(secret, 3)
		if got := c.excerpt(strings.NewReader(body)); strings.Contains(got, "s3cret") {
			t.Fatalf("after %d: %q", filler, got)
		}
	}
}

func TestAForeignTextIsOneShortLine(t *testing.T) {
	for _, text := range []string{
		"a\r\nb\tc\x00\x1b[31md", strings.Repeat("é", 500), "\xff\xfe", strings.Repeat("x", 199) + "😀",
	} {
		got := brief(text)
		if len(got) > told || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\t\x00\x1b") {
			t.Errorf("%q of %d bytes", got, len(got))
		}
	}
}
