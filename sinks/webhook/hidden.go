package webhook

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// leastHidden is the length from which a word is taken for a secret: shorter ones would riddle a text and
// are guessed anyway.
const leastHidden = 8

// secrets takes out of a text what only the receiver should see: headers, and the path and query of the URL,
// as a whole and word by word.
func (w *Webhook) secrets() *strings.Replacer {
	var words []string
	for name, values := range w.header {
		if name != "User-Agent" && name != "Content-Type" {
			words = append(words, values...)
			words = append(words, strings.Fields(strings.Join(values, " "))...)
		}
	}
	words = append(words, w.url.RequestURI(), w.url.Path, w.url.RawQuery)
	words = append(words, strings.Split(w.url.Path, "/")...)
	for _, values := range w.url.Query() {
		words = append(words, values...)
	}
	return replacer(words)
}

// replacer puts the longest words first, so that a part of a secret does not hide before the whole.
func replacer(words []string) *strings.Replacer {
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string
	for _, word := range slices.Compact(words) {
		if len(word) >= leastHidden {
			pairs = append(pairs, word, setting.Hidden)
		}
	}
	return strings.NewReplacer(pairs...)
}

// hide rewrites an error whose text holds a secret; what it wraps stays.
func (w *Webhook) hide(err error) error {
	if text := w.hidden.Replace(err.Error()); text != err.Error() {
		return &hiddenError{text, err}
	}
	return err
}

type hiddenError struct {
	text  string
	cause error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.cause }
