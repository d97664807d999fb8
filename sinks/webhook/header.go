package webhook

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// readHeaders takes the headers that go with every request: the given ones, and the type of the content.
func readHeaders(r *setting.Reader, x hcl.Expression, template bool) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	given := r.SecretMap(x)
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, canonical := given[name].Reveal(), http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			r.Fail(x, "Invalid header name", "%q cannot be the name of a header: it takes letters, digits and dashes.", name)
		case seen[canonical]:
			r.Fail(x, "Header given twice", "%q is given in two spellings, which are one header: keep one.", canonical)
		case reserved(canonical, template):
			r.Fail(x, "Reserved header", "%q is set by hookbridge itself, and cannot be given.%s", name, whyNot(canonical))
		case !httpguts.ValidHeaderFieldValue(value):
			r.Fail(x, "Invalid header value", "The value of %q holds a line break or another control character.", name)
		default:
			header.Set(canonical, value)
		}
		seen[canonical] = true
	}
	return header
}

// reserved tells which headers are not the operator's: those that say how the message is framed and where
// it goes, those that are signed or sign, and those by which net/http would send a POST again by itself.
func reserved(canonical string, template bool) bool {
	switch canonical {
	case "Host", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Te",
		"Trailer", "Upgrade", "Expect", "Idempotency-Key", "X-Idempotency-Key":
		return true
	case "Content-Type":
		return !template
	}
	return strings.HasPrefix(canonical, "Webhook-")
}

func whyNot(canonical string) string {
	switch canonical {
	case "Content-Type":
		return " It may be given where a body template replaces the payload."
	case "Idempotency-Key", "X-Idempotency-Key":
		return " The id of an event is in webhook-id, the same for each attempt."
	}
	return ""
}
