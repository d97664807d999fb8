package signature

import (
	"net/http"
	"strings"
)

// Present lists the schemes by which a request claims to be signed, by their names, in the order in which a
// receiver would think of them. Whether any of the signatures is genuine is for a [Verifier] to say.
func Present(header http.Header) []string {
	line := " " + strings.Join(header.Values(HeaderSignature), " ")
	var schemes []string
	for _, known := range []struct {
		scheme  string
		present bool
	}{
		{Standard{}.Scheme(), strings.Contains(line, " "+version)},
		{Ed25519{}.Scheme(), strings.Contains(line, " "+versionA)},
		{GitHub{}.Scheme(), header.Get(HeaderGitHub) != ""},
		{Stripe{}.Scheme(), header.Get(HeaderStripe) != ""},
		{HTTPMessage{}.Scheme(), header.Get(HeaderMessageInput) != "" && header.Get(HeaderMessage) != ""},
	} {
		if known.present {
			schemes = append(schemes, known.scheme)
		}
	}
	return schemes
}
