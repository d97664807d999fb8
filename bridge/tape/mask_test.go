package tape

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
)

// env is what a block read from the environment.
func env(pairs ...string) (all []bridge.Reading) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, bridge.Reading{Function: "env", Name: pairs[i], Text: pairs[i+1]})
	}
	return all
}

func says(words ...string) func(string) bool {
	return func(word string) bool {
		return slices.Contains(words, word)
	}
}

var asked = map[string]bool{"api.test": true, "hidden.api.test": true}

// Secrets are replaced in all the ways in which they may be written, each by what is made of its name.
func TestEachSecretHasAStandInOfItsName(t *testing.T) {
	c := conceal(bridge.Concealed{
		Readings: env("TOKEN", `s3cret/+"x`, "CODE", "12345678", "PIN", "87654321", "A.B", "first-text", "A_B", "other-text", "A-B", "third-text"),
		Secrets:  []string{"inline-secret", "Bearer inline", "55667788"},
	}, asked)
	for text, want := range map[string]string{
		`{"a":"s3cret/+\"x","b":"s3cret\/+\"x"}`:                 `{"a":"hidden-TOKEN","b":"hidden-TOKEN"}`,
		"https://api.test/x?k=s3cret%2F%2B%22x":                  "https://api.test/x?k=hidden-TOKEN",
		`{"code":12345678,"more":9123456789,"pin":[87654321]}`:   `{"code":99999998,"more":9999999989,"pin":[99999997]}`,
		"first-text other-text third-text":                       "hidden-A-B hidden-A_B hidden-A-B-2",
		`{"x":"Bearer inline","n":55667788,"y":"inline-secret"}`: `{"x":"(sensitive)","n":99999999,"y":"(sensitive)"}`,
	} {
		if got := c.text(text); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", text, got, want)
		}
	}
}

// What is longer and holds a reading is blotted out in the recording and in a replay alike.
func TestAReplayHidesItsRequestsAsTheRecordingDid(t *testing.T) {
	recorded := conceal(bridge.Concealed{
		Readings: env("TOKEN", "s3cret", "ORG", "acme", "CODE", "12345678"),
		Secrets:  []string{"s3cret", "Token s3cret", "pre-s3cret-post", "derived-of-s3cret", "inline-secret"},
	}, asked)
	replayed := newMask(kept(recorded.readings), []string{
		"hidden-TOKEN", "Token hidden-TOKEN", "pre-hidden-TOKEN-post", "derived-of-hidden-TOKEN", "inline-secret",
	})
	for live, replay := range map[string]string{
		"https://api.test/pre-s3cret-post/acme?k=s3cret&i=inline-secret": "https://api.test/pre-hidden-TOKEN-post/hidden-ORG?k=hidden-TOKEN&i=inline-secret",
		"https://api.test/12345678/derived-of-s3cret":                    "https://api.test/" + recorded.readings["env CODE"] + "/derived-of-hidden-TOKEN",
	} {
		if a, b := recorded.text(live), replayed.text(replay); a != b || strings.Contains(a, "s3cret") {
			t.Errorf("recorded as %s, replayed as %s", a, b)
		}
	}
}

// What is no secret stays as it is, so that the recording is of use.
func TestWhatIsNoSecretIsLeft(t *testing.T) {
	c := conceal(bridge.Concealed{
		Open: says("orders", "production"),
		Readings: append(env("EVERY", "120s", "SIZE", "1000", "SHARE", "20%", "RATE", "50/min", "ON", "true", "STAGE", "production",
			"URL", "https://api.test/orders/t0p-s3cret/list?key=abcdef&page=100", "SHORT", "abc", "EMPTY", "",
			"ELSEWHERE", "https://elsewhere.test/orders/t0p-s3cret"), bridge.Reading{Function: "env", Name: "TEAM", Text: "blue-team", Open: true}),
	}, asked)
	want := map[string]string{
		"env EVERY": "120s", "env SIZE": "1000", "env SHARE": "20%", "env RATE": "50/min", "env ON": "true", "env STAGE": "production",
		"env URL":   "https://api.test/orders/hidden-URL-2/hidden-URL-3?key=hidden-URL-key&page=100",
		"env EMPTY": "", "env ELSEWHERE": "https://hidden-ELSEWHERE.invalid", "env TEAM": "blue-team",
	}
	if diff := cmp.Diff(want, c.readings); diff != "" {
		t.Error(diff)
	}
	text := `{"orders":[{"every":"120s","n":1000,"on":true,"stage":"production","team":"blue-team","abc":null}]}`
	if got := c.text(text); got != text {
		t.Errorf("became %s", got)
	}
	if got := c.text("see /orders/t0p-s3cret"); got != "see /orders/hidden-URL-2" {
		t.Errorf("became %s", got)
	}
}

// A stand-in that is recorded again is the same.
func TestAReplayOfAReplayChangesNothing(t *testing.T) {
	first := conceal(bridge.Concealed{Readings: env("URL", "https://api.test/t0p-s3cret", "KEY", "s3cret-key", "CODE", "12345678")}, asked)
	var again []string
	for _, name := range []string{"URL", "KEY", "CODE"} {
		again = append(again, name, first.readings["env "+name])
	}
	second := conceal(bridge.Concealed{Readings: env(again...)}, asked)
	if diff := cmp.Diff(first.readings, second.readings); diff != "" {
		t.Error(diff)
	}
}

func TestAWordOfJSONIsNoSecret(t *testing.T) {
	if got := newMask(nil, []string{"true", "null", "truest"}).text(`{"true":true,"null":null,"x":"truest"}`); got != `{"true":true,"null":null,"x":"(sensitive)"}` {
		t.Errorf("became %s", got)
	}
}

func TestASecretIsFoundBehindItsEscapes(t *testing.T) {
	m := newMask(map[string]string{"a+b'c": "hidden-X"}, []string{"other"})
	for text, want := range map[string]string{
		`{"\u0061\u002bb'c":["a+b\u0027c" , "\u006fther\n", "\\u006fther", "plain\t"]}`: `{"hidden-X":["hidden-X" , "(sensitive)\n", "\\u006fther", "plain\t"]}`,
		`no JSON: a\u002bb'c`: `no JSON: a\u002bb'c`,
		`["a\u002bb'c", oops`: `["hidden-X", oops`,
	} {
		if got := string(m.escaped([]byte(text))); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", text, got, want)
		}
	}
}
