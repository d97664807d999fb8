package veil_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/veil"
)

func TestASecretIsHiddenInEveryWayToWriteIt(t *testing.T) {
	const secret = `a"b/c+d e&<f>`
	v := veil.New(4, secret, "xy", "")
	for _, text := range []string{
		secret, `"a\"b/c+d e&<f>"`, `a%22b%2Fc%2Bd+e%26%3Cf%3E`, `a%22b%2Fc+d%20e&%3Cf%3E`,
		`a\"b/c+d e\u0026\u003cf\u003e`, `a&#34;b/c+d e&amp;&lt;f&gt;`,
	} {
		if got := v.Text("before " + text + " after"); strings.Contains(got, "b/c") || strings.Contains(got, "%22b") {
			t.Errorf("%s shows in %q", text, got)
		}
	}
	if got := v.Text("xylophone"); got != "xylophone" {
		t.Errorf("a text too short to be a secret spoils %q", got)
	}
}

func TestAHiddenErrorIsStillTheErrorItWas(t *testing.T) {
	cause := io.ErrUnexpectedEOF
	v := veil.New(4, "unexpected")
	hidden := v.Wrap(cause)
	if hidden.Error() == cause.Error() || !errors.Is(hidden, cause) {
		t.Errorf("%v", hidden)
	}
	if other := errors.New("plain"); v.Wrap(other) != other {
		t.Error("an error without secrets was wrapped")
	}
}

func TestASecretMayHaveAStandInOfItsOwn(t *testing.T) {
	v := veil.Of(4, map[string]string{"https://a.test/x": "one", "a.test": "two", "abc": "none"})
	for text, want := range map[string]string{
		`see https://a.test/x`: "see one", `"https:\/\/a.test\/x"`: `"one"`, "u=https%3A%2F%2Fa.test%2Fx": "u=one", "a.test/y abc": "two/y abc",
	} {
		if got := v.Text(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}
