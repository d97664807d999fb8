package route_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// read reads a config that may read files of a directory.
func read(t *testing.T, dir, config string, env bridge.Env) (route.Route, hcl.Diagnostics) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(config), "route.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var b struct {
		Proxy  hcl.Expression `hcl:"proxy,optional"`
		TLS    *route.TLS     `hcl:"tls,block"`
		Egress *route.Egress  `hcl:"egress,block"`
	}
	r := setting.NewReader(&hcl.EvalContext{Functions: setting.NewLookup(env.Getenv, dir).Functions()})
	r.Report(gohcl.DecodeBody(file.Body, nil, &b))
	way := route.Read(r, env, route.Attributes{Proxy: b.Proxy, TLS: b.TLS, Egress: b.Egress})
	return way, r.Diagnostics()
}

// A client takes a route. It follows no redirects.
type client struct {
	*http.Transport
	way route.Route
}

// lead makes a client of a config that has no mistakes.
func lead(t *testing.T, dir, config string, env bridge.Env) client {
	t.Helper()
	way, diags := read(t, dir, config, env)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", config, diags)
	}
	c := client{&http.Transport{ForceAttemptHTTP2: true}, way}
	way.Own(c.Transport)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// get returns the body of the answer.
func (c client) get(t *testing.T, url string, header ...string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return "", c.way.Explain(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// environment reads variables from pairs of texts.
func environment(pairs ...string) bridge.Env {
	return bridge.Env{Getenv: func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}}
}

func layFiles(t *testing.T, dir string, texts ...string) {
	t.Helper()
	for i := 0; i < len(texts); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, texts[i]), []byte(texts[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// says fails the test where an error does not hold all of the texts.
func says(t *testing.T, what string, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want %q", what, err, text)
		}
	}
}

// second listens on 127.0.0.2, and on the same port of 127.0.0.1.
func second(t *testing.T) (allowed, denied net.Listener) {
	t.Helper()
	for range 100 {
		allowed, err := net.Listen("tcp", "127.0.0.2:0")
		if err != nil {
			if os.Getenv("HOOKBRIDGE_TEST_ALL") != "" {
				t.Fatal(err)
			}
			t.Skipf("this machine has one loopback address only: %v", err)
		}
		_, port, _ := net.SplitHostPort(allowed.Addr().String())
		denied, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			t.Cleanup(func() { _, _ = allowed.Close(), denied.Close() })
			return allowed, denied
		}
		_ = allowed.Close()
	}
	t.Fatal("no port is free on both addresses")
	return nil, nil
}
