// Package veil keeps secrets out of texts that come from elsewhere: what a server answers, what the network
// says of a request, and what a plugin panics with.
package veil

import (
	"cmp"
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Veil takes secrets out of texts, in all the ways in which the other side may repeat them. It is safe for
// concurrent use.
type Veil struct {
	replacer *strings.Replacer // nil: there are no secrets
	longest  int
}

// New makes a veil over secrets. One that is shorter than shortest bytes is none, and hiding it would only
// spoil the texts.
func New(shortest int, secrets ...string) Veil {
	stand := make(map[string]string, len(secrets))
	for _, secret := range secrets {
		stand[secret] = setting.Hidden
	}
	return Of(shortest, stand)
}

// Of makes a veil that puts a text of its own in the place of each secret. What stands in looks the same in all
// the ways to write it.
func Of(shortest int, standIns map[string]string) Veil {
	stand := map[string]string{}
	for _, secret := range slices.Sorted(maps.Keys(standIns)) {
		for _, form := range spellings(secret) {
			if _, taken := stand[form]; len(form) >= shortest && (!taken || form == secret) {
				stand[form] = standIns[secret]
			}
		}
	}
	forms := slices.SortedFunc(maps.Keys(stand), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	v := Veil{}
	var pairs []string
	for _, form := range forms {
		v.longest = max(v.longest, len(form))
		pairs = append(pairs, form, stand[form])
	}
	if len(pairs) > 0 {
		v.replacer = strings.NewReplacer(pairs...)
	}
	return v
}

// spellings are the ways in which the other side may write a secret.
func spellings(secret string) []string {
	forms := []string{
		secret, inner(strconv.Quote(secret)), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
	}
	if quoted, err := json.Marshal(secret); err == nil { // with < and > and & escaped
		text := inner(string(quoted))
		forms = append(forms, text, strings.ReplaceAll(text, "/", `\/`)) // as PHP writes it
	}
	return forms
}

// inner cuts the quotes off.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// Longest is the length of the longest secret, in the longest way to write it.
func (v Veil) Longest() int { return v.longest }

// Text returns the text with [setting.Hidden] in the place of each secret.
func (v Veil) Text(s string) string {
	if v.replacer == nil {
		return s
	}
	return v.replacer.Replace(s)
}

// Wrap returns an error whose text holds no secret, and which is still the error it was. It returns err itself
// where there is nothing to hide.
func (v Veil) Wrap(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if hidden := v.Text(text); hidden != text {
		return veiled{hidden, err}
	}
	return err
}

type veiled struct {
	text  string
	cause error
}

func (v veiled) Error() string { return v.text }
func (v veiled) Unwrap() error { return v.cause }
