package tape

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/veil"
)

// shortest is the length below which a text is no secret, as traces have it.
const shortest = 4

// A mask puts stand-ins in the place of what was read from outside, and blots out all other secrets. What holds a
// stand-in already is left: that is how a replay's own requests look like those that were recorded.
type mask struct {
	standIns veil.Veil // leaves a mark in the place of each
	secrets  veil.Veil
	unmark   *strings.Replacer
}

// newMask makes a mask that puts the values of pairs in the place of their keys.
func newMask(pairs map[string]string, secrets []string) mask {
	marks, blots := map[string]string{}, map[string]string{}
	var unmark []string
	for text, standIn := range pairs {
		mark := markOf(len(marks))
		marks[text] = mark
		unmark = append(unmark, mark, standIn)
	}
	for _, secret := range secrets {
		if !isLiteral(secret) {
			blots[secret] = blot(secret)
		}
	}
	return mask{veil.Of(shortest, marks), veil.Of(shortest, blots), strings.NewReplacer(unmark...)}
}

// markOf returns a text that nothing else is: of characters for private use, and none that a secret could be in.
func markOf(number int) string {
	const first, last = '\uE000', '\uE001'
	mark := []rune{first}
	for ; number > 0; number /= 16 {
		mark = append(mark, '\uE010'+rune(number%16))
	}
	return string(append(mark, last))
}

func (m mask) text(text string) string {
	return m.unmark.Replace(m.secrets.Text(m.standIns.Text(text)))
}

// escaped returns a text with stand-ins also in the strings of JSON that hold a secret in one of the many ways to escape
// its characters. What is no JSON is left.
func (m mask) escaped(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\`)) {
		return text
	}
	var out []byte
	done := 0 // of text
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		if dec.PeekKind() != '"' {
			if _, err := dec.ReadToken(); err != nil {
				return append(out, text[done:]...)
			}
			continue
		}
		quoted, err := dec.ReadValue()
		if err != nil {
			return append(out, text[done:]...)
		}
		end := int(dec.InputOffset())
		if hidden, changed := m.unquoted(quoted); changed {
			out = append(append(out, text[done:end-len(quoted)]...), hidden...)
			done = end
		}
	}
}

// unquoted hides what a string of JSON says, and reports whether there was something to hide.
func (m mask) unquoted(quoted []byte) ([]byte, bool) {
	said, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return quoted, false
	}
	hidden := m.text(string(said))
	if hidden == string(said) {
		return quoted, false
	}
	again, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(hidden, "\uFFFD"))
	return again, err == nil
}

// blot is what stands in the place of a secret without a name. A number stays one, so that JSON stays JSON.
func blot(secret string) string {
	if isDigits(secret) {
		return strings.Repeat("9", len(secret))
	}
	return setting.Hidden
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isLiteral reports whether a text is a word of JSON, which is no secret.
func isLiteral(text string) bool { return text == "true" || text == "false" || text == "null" }
