package fetch

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestASecretIsHiddenInEveryWayToWriteIt(t *testing.T) {
	const secret = `a"b/c+d e&<f>`
	v := newVeil([]string{secret, "xy", ""})
	for _, text := range []string{
		secret, `"a\"b/c+d e&<f>"`, `a%22b%2Fc%2Bd+e%26%3Cf%3E`, `a%22b%2Fc+d%20e&%3Cf%3E`,
		`a\"b/c+d e\u0026\u003cf\u003e`, `a&#34;b/c+d e&amp;&lt;f&gt;`,
	} {
		if got := v.text("before " + text + " after"); strings.Contains(got, "b/c") || strings.Contains(got, "%22b") {
			t.Errorf("%s shows in %q", text, got)
		}
	}
	if got := v.text("xylophone"); got != "xylophone" {
		t.Errorf("a text too short to be a secret spoils %q", got)
	}
}

func TestAHiddenErrorIsStillTheErrorItWas(t *testing.T) {
	cause := io.ErrUnexpectedEOF
	v := newVeil([]string{"unexpected"})
	hidden := v.wrap(cause)
	if hidden.Error() == cause.Error() || !errors.Is(hidden, cause) {
		t.Errorf("%v", hidden)
	}
	if other := errors.New("plain"); v.wrap(other) != other {
		t.Error("an error without secrets was wrapped")
	}
}

// A secret may begin before the edge of what is read of a refusal and end behind it.
func TestASecretAcrossTheEdgeOfAnExcerptIsHidden(t *testing.T) {
	secret := strings.Repeat("s3cret", 100)
	c := &Client{veil: newVeil([]string{secret})}
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
