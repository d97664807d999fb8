// Package wire knows what may stand in a request.
package wire

import (
	"net/url"
	"strings"
)

// SetQuery gives the query of a URL a parameter, in the place of all of that name, and leaves the others
// as they are written.
func SetQuery(u *url.URL, name, value string) {
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		written, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(written); pair != "" && (err != nil || plain != name) {
			pairs = append(pairs, pair)
		}
	}
	pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
	u.RawQuery = strings.Join(pairs, "&")
}
