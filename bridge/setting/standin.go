package setting

import (
	"path/filepath"
	"strings"
)

// StandInPrefix is how every stand-in begins.
const StandInPrefix = "hidden-"

// StandIn returns a text that stands in for a secret of a name, such as hidden-CRM_TOKEN. It consists of ASCII
// letters, digits, hyphens and underscores, so that it fits wherever a secret may stand: in a header, a query, a path,
// in the place of a host.
func StandIn(name string) string {
	slug := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
			return c
		}
		return '-'
	}, filepath.Base(name))
	return StandInPrefix + strings.Trim(slug, "-")
}
