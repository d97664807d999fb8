package fetch

import (
	"io"
	"strings"
	"unicode"
)

// shortestSecret is the length below which a text is no secret.
const shortestSecret = 4

// The start of a refusal's body is read up to seen bytes and told up to told bytes.
const (
	seen = 4 << 10
	told = 200
)

// excerpt returns the start of a body as one line without secrets.
func (c *Client) excerpt(body io.Reader) string {
	start := drain(body, seen)
	veil := c.veil()
	text := veil.Text(string(start))
	if len(start) == seen { // a secret may stand across the edge
		text = text[:max(0, len(text)-veil.Longest())]
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
