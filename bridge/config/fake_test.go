package config_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// The plugins of these tests have attributes of each sort, and remember what they were given.
type fakeSource struct {
	env     bridge.Env
	url     setting.Secret
	headers map[string]setting.Secret
	lent    any // made of the shared block
}

func (*fakeSource) Poll(context.Context, bridge.Cursor, func(bridge.Item) error) (bridge.Outcome, error) {
	return bridge.Outcome{}, errors.New("not to be polled")
}

type fakeSink struct {
	env    bridge.Env
	secret setting.Secret
}

func (*fakeSink) Send(context.Context, bridge.Event) (bridge.Receipt, error) {
	return bridge.Receipt{}, errors.New("not to be sent to")
}

// fakeBatcher is a sink that sends batches.
type fakeBatcher struct{ fakeSink }

func (*fakeBatcher) Fit(events []bridge.Event) int { return len(events) }

func (*fakeBatcher) SendBatch(context.Context, string, []bridge.Event) (bridge.Receipt, error) {
	return bridge.Receipt{}, errors.New("not to be sent to")
}

type sourceBody struct {
	URL     hcl.Expression `hcl:"url,optional"`
	Headers hcl.Expression `hcl:"headers,optional"`
	Method  hcl.Expression `hcl:"method,optional"`
	Auth    *authBlock     `hcl:"auth,block"`
	Shared  hcl.Expression `hcl:"auth,optional"`
}

type authBody struct {
	Token hcl.Expression `hcl:"token"`
}

type authBlock struct {
	Kind string   `hcl:"kind,label"`
	Body hcl.Body `hcl:",remain"`
}

type sinkBody struct {
	URL     hcl.Expression `hcl:"url,optional"`
	Secret  hcl.Expression `hcl:"secret,optional"`
	MaxBody hcl.Expression `hcl:"max_body,optional"`
}

func newSource(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
	var b sourceBody
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, env.Eval, &b))
	s := &fakeSource{env: env, url: r.Secret(b.URL), headers: r.SecretMap(b.Headers)}
	r.OneOf(b.Method, "GET", "GET", "POST")
	if b.Auth != nil {
		var auth authBody
		r.Report(gohcl.DecodeBody(b.Auth.Body, env.Eval, &auth))
		r.Secret(auth.Token)
	}
	if setting.Given(b.Shared) {
		r.Report(s.borrow(b.Shared))
	}
	// A plugin that tells what it must not: the configuration keeps it in.
	if text := s.url.Reveal(); !strings.HasPrefix(text, "http") {
		r.Fail(b.URL, "Invalid URL", "%q is no absolute URL.", text)
	}
	return s, r.Diagnostics()
}

// borrow makes an object of its own of the shared block, which is known by its address.
func (s *fakeSource) borrow(x hcl.Expression) (diags hcl.Diagnostics) {
	shared, diags := s.env.Refer(x, "auth")
	if shared == nil {
		return diags
	}
	s.lent, diags = shared.Once(func() (any, hcl.Diagnostics) {
		var b authBody
		r := setting.NewReader(shared.Eval)
		r.Report(gohcl.DecodeBody(shared.Body, shared.Eval, &b))
		if r.Required(b.Token, "token") {
			r.Secret(b.Token)
		}
		return &struct{ kind string }{shared.Kind}, r.Diagnostics()
	})
	return diags
}

func newSink(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	var b sinkBody
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, env.Eval, &b))
	r.Secret(b.URL)
	r.Size(b.MaxBody, setting.KiB, 1, setting.MiB)
	return &fakeBatcher{fakeSink{env: env, secret: r.Secret(b.Secret)}}, r.Diagnostics()
}

// newPlain is a kind without attributes.
func newPlain(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	_, diags := body.Content(&hcl.BodySchema{})
	return &fakeSink{env: env}, diags
}

func kinds() config.Kinds {
	return config.Kinds{
		Sources: []bridge.Kind[bridge.Source]{
			{Name: "http", New: newSource, ForEach: true},
			{Name: "feed", New: newSource, Repeats: true},
		},
		Sinks: []bridge.Kind[bridge.Sink]{
			{Name: "webhook", New: newSink},
			{Name: "stdout", New: newPlain},
		},
	}
}

const marker = "s3cr3t-marker"

// environment holds the marker in SECRET, whatever is given, and nothing else.
func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		if name == "SECRET" {
			return marker, true
		}
		return "", false
	}
}

// files writes a configuration directory of names and texts.
func files(t testing.TB, texts ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(texts); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, texts[i]), []byte(texts[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, path string, env ...string) (*config.Config, hcl.Diagnostics) {
	t.Helper()
	return config.Load(path, config.Options{Kinds: kinds(), Getenv: environment(env...)})
}

// loadText loads one file that must be valid.
func loadText(t *testing.T, text string, env ...string) *config.Config {
	t.Helper()
	c, diags := load(t, files(t, "main.hcl", text), env...)
	if diags.HasErrors() {
		t.Fatal(rendered(t, c, diags))
	}
	return c
}

func rendered(t testing.TB, c *config.Config, diags hcl.Diagnostics) string {
	t.Helper()
	var out bytes.Buffer
	if err := config.Write(&out, c.Files, diags, false, 0); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func renderedJSON(t testing.TB, diags hcl.Diagnostics) string {
	t.Helper()
	var out bytes.Buffer
	if err := config.WriteJSON(&out, diags); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// summaries are what the diagnostics are about.
func summaries(diags hcl.Diagnostics) []string {
	all := []string{}
	for _, d := range diags {
		all = append(all, d.Summary)
	}
	return all
}
