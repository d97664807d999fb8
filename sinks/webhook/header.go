package webhook

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// readHeaders takes the headers that go with every request: the given ones, and the type of the content.
func readHeaders(r *setting.Reader, x hcl.Expression, owned reserved) http.Header {
	header := http.Header{"Content-Type": {owned.format.kind}}
	given := r.SecretMap(x)
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, canonical := given[name].Reveal(), http.CanonicalHeaderKey(name)
		why, taken := owned.why(canonical)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			r.Fail(x, "Invalid header name", "%q cannot be the name of a header: it takes letters, digits and dashes.", name)
		case seen[canonical]:
			r.Fail(x, "Header given twice", "%q is given in two spellings, which are one header: keep one.", canonical)
		case taken:
			r.Fail(x, "Reserved header", "%q is set by hookbridge itself, and cannot be given.%s", name, why)
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
// it goes, those that are signed or sign, those of the format, and those by which net/http would send a POST
// again by itself.
type reserved struct {
	format  format
	signers []signature.Signer
}

// why reports whether a header is set here, and if there is more to say about it, that as a sentence.
func (o reserved) why(canonical string) (why string, taken bool) {
	switch canonical {
	case "Host", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Te",
		"Trailer", "Upgrade", "Expect":
		return "", true
	case "Proxy-Authorization":
		return " User and password for a proxy are given in the URL of the proxy.", true
	case "Idempotency-Key", "X-Idempotency-Key":
		return " The id of an event is in webhook-id, the same for each attempt.", true
	case "Content-Type":
		return " " + o.format.fixed, o.format.fixed != ""
	}
	if o.format.owns(canonical) {
		return fmt.Sprintf(" It belongs to format = %q.", o.format.name), true
	}
	for _, signer := range o.signers {
		if slices.Contains(signer.Sets(), canonical) {
			return fmt.Sprintf(" It belongs to the signature %q.", signer.Scheme()), true
		}
	}
	return "", strings.HasPrefix(strings.ReplaceAll(canonical, "_", "-"), "Webhook-") // some receivers take both for one
}
