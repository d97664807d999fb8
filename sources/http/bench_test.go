package http_test

import (
	"fmt"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A listing of 100,000 items of 500 bytes over loopback: polled, and merely split with jsontext.
func BenchmarkPoll(b *testing.B) {
	body := largeListing()
	server := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	b.Run("poll", func(b *testing.B) {
		source, diags := sourcetest.Build(http.Kind(), fmt.Sprintf("url = %q\nkey = item.id", server.URL), bridge.Env{Temp: b.TempDir()})
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := source.Poll(b.Context(), nil, func(bridge.Item) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get and split", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := getAndSplit(server.URL); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func getAndSplit(url string) error {
	resp, err := nethttp.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	dec := jsontext.NewDecoder(resp.Body)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '{' {
		if _, err := dec.ReadValue(); err != nil {
			return err
		}
	}
	_, err = dec.ReadToken()
	return err
}

func largeListing() string {
	var items []string
	for i := range 100_000 {
		items = append(items, fmt.Sprintf(`{"id":%d,"title":"Näme \"%d\"","state":"open","user":{"login":"u%d","id":%d},"labels":[{"name":"a"}],"body":%q}`,
			i, i, i, i, strings.Repeat("lorem ipsum ", 33)))
	}
	return "[" + strings.Join(items, ",") + "]"
}
