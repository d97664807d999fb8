package http_test

import (
	"encoding/json"
	"io"
	nethttp "net/http"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// secrets has a secret in each place that can hold one.
func secrets() []string {
	return []string{
		`auth "bearer" { token = env("T") }`,
		"auth \"basic\" {\n username = env(\"T\")\n password = env(\"T\")\n}",
		"auth \"api_key\" {\n name = \"X-Api-Key\"\n value = env(\"T\")\n}",
		"auth \"api_key\" {\n name = \"key\"\n value = env(\"T\")\n in = \"query\"\n}",
		"auth \"api_key\" {\n name = \"sid\"\n value = env(\"T\")\n in = \"cookie\"\n}",
		`headers = { X-Custom = "Token ${env("T")}" }`,
	}
}

func TestASourceOfOnePageFulfilsTheContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Kind: http.Kind(),
		Config: `
			url    = "URL/items"
			format = "json"
			items  = body.data
			key    = item.id
		`,
		Serve: func(keys []string) nethttp.Handler {
			return serveJSON(map[string]any{"data": listOf(keys)})
		},
		Coverage: bridge.Complete,
		Secrets:  append(secrets(), `query = { plain = "${env("T")}" }`, "method = \"POST\"\nbody = { token = env(\"T\") }"),
	})
}

func TestASourceWhoseURLIsASecretFulfilsTheContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Kind:     http.Kind(),
		Config:   "url = \"URL/hooks/${urlencode(env(\"T\"))}?token=${urlencode(env(\"T\"))}\"\nkey = item.id",
		Serve:    func(keys []string) nethttp.Handler { return serveJSON(listOf(keys)) },
		Coverage: bridge.Complete,
		Secrets:  []string{""},
	})
}

func TestASourceOfLinesFulfilsTheContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Kind:   http.Kind(),
		Config: "url = \"URL\"\nkey = item.id\nformat = \"ndjson\"",
		Serve: func(keys []string) nethttp.Handler {
			return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
				w.Header().Set("Content-Type", "application/x-ndjson")
				encoder := json.NewEncoder(w)
				for _, item := range listOf(keys) {
					_ = encoder.Encode(item)
				}
			})
		},
		Coverage: bridge.Complete,
		Secrets:  secrets()[:1],
	})
}

func listOf(keys []string) []map[string]any {
	list := []map[string]any{}
	for i, key := range keys {
		list = append(list, map[string]any{"id": key, "position": i})
	}
	return list
}

func serveJSON(value any) nethttp.Handler {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
}

func serveText(contentType, body string) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	})
}
