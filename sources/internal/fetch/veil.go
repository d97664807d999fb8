package fetch

import (
	"cmp"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// shortestSecret is the length below which a text is no secret, and hiding it would only spoil the others.
const shortestSecret = 4

// A veil takes the secrets of a source out of texts, in all the ways in which a server may repeat them.
type veil struct {
	replacer *strings.Replacer
	longest  int
}

func newVeil(secrets []string) veil {
	forms := slices.DeleteFunc(spellings(secrets), func(form string) bool { return len(form) < shortestSecret })
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	forms = slices.Compact(forms)
	v := veil{}
	var pairs []string
	for _, form := range forms {
		v.longest = max(v.longest, len(form))
		pairs = append(pairs, form, setting.Hidden)
	}
	v.replacer = strings.NewReplacer(pairs...)
	return v
}

func spellings(secrets []string) []string {
	var forms []string
	for _, secret := range secrets {
		if quoted, err := json.Marshal(secret); err == nil { // with < and > and & escaped
			forms = append(forms, inner(string(quoted)))
		}
		forms = append(forms, secret, inner(strconv.Quote(secret)),
			url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret))
	}
	return forms
}

// inner cuts the quotes off.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

func (v veil) text(s string) string { return v.replacer.Replace(s) }

// wrap returns err itself where there is nothing to hide in its text.
func (v veil) wrap(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if hidden := v.text(text); hidden != text {
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

// The start of a refusal's body is read up to seen bytes and told up to told bytes.
const (
	seen = 4 << 10
	told = 200
)

// excerpt returns the start of a body as one line without secrets.
func (c *Client) excerpt(body io.Reader) string {
	start := drain(body, seen)
	text := c.veil.text(string(start))
	if len(start) == seen { // a secret may stand across the edge
		text = text[:max(0, len(text)-c.veil.longest)]
	}
	return brief(text)
}

// brief makes a foreign text fit for one line of a log.
func brief(text string) string {
	text = strings.ToValidUTF8(text, "�")
	line := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	line = strings.Join(strings.Fields(line), " ")
	if len(line) <= told {
		return line
	}
	return strings.ToValidUTF8(line[:told-len("…")], "") + "…"
}
