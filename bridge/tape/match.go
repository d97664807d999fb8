package tape

import (
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// alike reports whether two requests ask for the same.
func (r Request) alike(other Request) bool {
	return r.Method == other.Method && normal(r.URL) == normal(other.URL) && r.sameBody(other)
}

// sameBody compares JSON as what it says.
func (r Request) sameBody(other Request) bool {
	return canonical(r.Body) == canonical(other.Body) && r.Text == other.Text && r.Sum == other.Sum
}

func canonical(body jsontext.Value) string {
	body = body.Clone()
	if len(body) == 0 || body.Canonicalize() != nil {
		return string(body)
	}
	return string(body)
}

// normal writes a URL in one of the ways that mean the same: the order of its parameters does not matter, but that of
// the values of one does.
func normal(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return text
	}
	u.Scheme, u.Host, u.RawQuery = strings.ToLower(u.Scheme), strings.ToLower(u.Host), query.Encode()
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// likeness is how much two requests have in common.
func (r Request) likeness(other Request) int {
	likeness := 0
	if r.Method == other.Method {
		likeness++
	}
	a, b := normal(r.URL), normal(other.URL)
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		likeness++
	}
	if a == b {
		likeness += 2
	}
	return likeness
}
