package feed_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/feed"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// P17: whatever the kind of feed, it is a window.
func TestEveryKindOfFeedFulfilsTheContract(t *testing.T) {
	for name, write := range map[string]func([]string) string{"rss": rss, "atom": atom, "json": jsonFeed} {
		secrets := []string{`auth "bearer" { token = env("T") }`}
		if name == "rss" { // what hides them is one for all
			secrets = append(secrets,
				"auth \"basic\" {\n username = env(\"T\")\n password = env(\"T\")\n}",
				"auth \"api_key\" {\n name = \"key\"\n value = env(\"T\")\n in = \"query\"\n}",
				`headers = { X-Custom = "Token ${env("T")}" }`,
			)
		}
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Case{
				Kind:   feed.Kind(),
				Config: `url = "URL/feed"`,
				Serve: func(keys []string) http.Handler {
					return serve("application/xml", write(keys))
				},
				Coverage: bridge.Window,
				Secrets:  secrets,
			})
		})
	}
}

func serve(contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	})
}

func rss(keys []string) string {
	var items strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&items, "<item><title>About %s</title><link>https://example.com/%s</link><guid>%s</guid></item>\n", key, key, key)
	}
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>A</title>` + items.String() + `</channel></rss>`
}

func atom(keys []string) string {
	var entries strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&entries, "<entry><id>%s</id><title>About %s</title><updated>2026-01-02T03:04:05Z</updated></entry>\n", key, key)
	}
	return `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>` + entries.String() + `</feed>`
}

func jsonFeed(keys []string) string {
	var items []string
	for _, key := range keys {
		items = append(items, fmt.Sprintf(`{"id":%q,"content_text":"About %s"}`, key, key))
	}
	return `{"version":"https://jsonfeed.org/version/1.1","title":"A","items":[` + strings.Join(items, ",") + `]}`
}
