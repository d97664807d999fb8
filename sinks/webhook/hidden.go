package webhook

import (
	"strings"

	"github.com/hookbridge/hookbridge/bridge/veil"
)

// leastHidden is the length from which a word is taken for a secret: shorter ones would riddle a text and
// are guessed anyway.
const leastHidden = 8

// secrets takes out of a text what only the receiver and the proxy should see: headers, and the path and query of
// the URL, as a whole and word by word, and who asks the proxy.
func (w *Webhook) secrets() veil.Veil {
	var words []string
	for name, values := range w.header {
		if name != "User-Agent" && name != "Content-Type" && name != headerOrigin {
			words = append(words, values...)
			words = append(words, strings.Fields(strings.Join(values, " "))...)
		}
	}
	words = append(words, w.route.Secrets()...)
	words = append(words, w.url.RequestURI(), w.url.Path, w.url.RawQuery)
	words = append(words, strings.Split(w.url.Path, "/")...)
	for _, values := range w.url.Query() {
		words = append(words, values...)
	}
	return veil.New(leastHidden, words...)
}
