package http_test

import (
	"encoding/json"
	"io"
	nethttp "net/http"
	"testing"

	"github.com/hashicorp/hcl/v2"

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
		"auth \"oauth2\" {\n token_url = \"http://auth.test/\"\n client_id = env(\"T\")\n client_secret = env(\"T\")\n}",
		"auth \"oauth2\" {\n grant = \"refresh_token\"\n token_url = \"http://auth.test/?key=${urlencode(env(\"T\"))}\"\n" +
			" client_id = \"me\"\n refresh_token = env(\"T\")\n params = { audience = env(\"T\") }\n}",
		"auth \"login\" {\n url = \"http://auth.test/\"\n body = { password = env(\"T\") }\n token = body.access_token\n}",
		"auth \"login\" {\n url = \"http://auth.test/\"\n body = \"password=${urlencode(env(\"T\"))}\"\n" +
			" token = body.access_token\n header = \"X-Session\"\n}",
		"auth \"aws_sigv4\" {\n region = \"eu-west-1\"\n service = \"execute-api\"\n access_key = env(\"T\")\n" +
			" secret_key = env(\"T\")\n session_token = env(\"T\")\n}",
		`proxy = "http://me:${urlencode(env("T"))}@api.test:80"`,
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

// P15: the contract holds for a source that asks for what changed, on a server that pays no heed.
func TestASourceWithACursorFulfilsTheContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Kind: http.Kind(),
		Config: `
			url  = "URL/items"
			key  = item.id
			page "offset" {}
			cursor {
				field = item.at
				param = "since"
			}
		`,
		Serve: func(keys []string) nethttp.Handler {
			return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
				list := listOf(keys)
				for _, item := range list {
					item["at"] = "1999-12-31T00:00:00Z"
				}
				if offset := r.URL.Query().Get("offset"); offset != "0" && offset != "" {
					list = list[:0]
				}
				serveJSON(list).ServeHTTP(w, r)
			})
		},
		Coverage: bridge.Complete,
		Secrets:  secrets(),
	})
}

// H8: and for one that lists for each item of another.
func TestASourceForEachItemFulfilsTheContract(t *testing.T) {
	kind := http.Kind()
	build := kind.New
	kind.New = func(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
		env.ForEach, env.Items = "tickets", tickets("one")
		return build(body, env)
	}
	sourcetest.Run(t, sourcetest.Case{
		Kind:     kind,
		Config:   "url = \"URL/${each.key}\"\nkey = item.id\nitems = body.data",
		Serve:    func(keys []string) nethttp.Handler { return serveJSON(map[string]any{"data": listOf(keys)}) },
		Coverage: bridge.Complete,
		Secrets:  append(secrets(), `query = { q = "${env("T")}${each.key}" }`),
	})
}
