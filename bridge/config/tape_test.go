package config_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
)

const taped = `
source "http" "orders" {
  url     = "${env("SECRET_URL")}/orders"
  headers = { X = env("SECRET"), Y = env("OTHER", "a-default"), Team = nonsensitive(env("TEAM")) }
  health  = [sink.w] # a-comment
  sinks   = [sink.w]
  compare {
    ignore = [item.viewed_at]
  }
}
source "http" "broken" {
  url   = env("NOWHERE")
  oops  = 1
  sinks = [sink.w]
}
sink "webhook" "w" {
  secret = env("NOWHERE")
}
admin {
  token = env("NOWHERE")
}
state {
  path = "here"
}
`

// silentTape notes what it is to conceal.
type silentTape struct{ what func() bridge.Concealed }

func (s *silentTape) Conceal(what func() bridge.Concealed)             { s.what = what }
func (s *silentTape) Through(next http.RoundTripper) http.RoundTripper { return next }
func (s *silentTape) Playing() (time.Time, bool)                       { return time.Time{}, false }

// H9: what it takes to poll one source is read, whatever else is missing.
func TestOneSourceIsReadApartFromTheOthers(t *testing.T) {
	tape := &silentTape{}
	path := files(t, "main.hcl", taped)
	env := environment("SECRET_URL", "http://a.test", "TEAM", "blue")
	c, diags := config.LoadSource(path, config.Options{Kinds: kinds(), Getenv: env, Env: bridge.Env{Tape: tape}}, "orders")
	if len(diags) > 0 || len(c.Sources) != 1 || c.Sources[0].Name != "orders" || len(c.Sinks) != 0 || c.State.Path != "here" {
		t.Fatalf("%+v\n%s", c, rendered(t, c, diags))
	}
	if diff := cmp.Diff([]string{"orders", "broken"}, c.SourceNames); diff != "" || c.Sources[0].To[0].Sink != "w" {
		t.Error(diff, c.Sources[0].To)
	}
	source := c.Sources[0].Source.(*fakeSource)
	source.env.Tape.Conceal(func() bridge.Concealed { return bridge.Concealed{Secrets: []string{"its own"}} })
	told := tape.what()
	want := []bridge.Reading{
		{Function: "env", Name: "SECRET", Text: marker},
		{Function: "env", Name: "SECRET_URL", Text: "http://a.test"},
		{Function: "env", Name: "TEAM", Text: "blue", Open: true},
	}
	if diff := cmp.Diff(want, told.Readings); diff != "" || told.Secrets[0] != "its own" {
		t.Error(diff, told.Secrets)
	}
	for word, open := range map[string]bool{
		"orders": true, "viewed_at": true, "viewed": false, "ignore": true, "a-default": false, "SECRET": false, "a-comment": false,
		"order": false, "broken": false, "": false, "/": false,
	} {
		if told.Open(word) != open || source.env.Open(word) != open {
			t.Errorf("%q is said openly: %t", word, told.Open(word))
		}
	}
}

// H9: with stand-ins nothing is missing, and nothing of the daemon is read.
func TestOneSourceIsReadWithStandIns(t *testing.T) {
	path := files(t, "main.hcl", taped)
	instead := func(_, name string) (string, bool) { return "http://recorded.test", name == "SECRET_URL" }
	c, diags := config.LoadSource(path, config.Options{Kinds: kinds(), Getenv: environment(), Instead: instead}, "orders")
	if len(diags) > 0 || c.State.Path != "" {
		t.Fatalf("state %q\n%s", c.State.Path, rendered(t, c, diags))
	}
	source := c.Sources[0].Source.(*fakeSource)
	if source.url.Reveal() != "http://recorded.test/orders" || source.headers["Team"].Reveal() != "hidden-TEAM" || source.headers["Y"].Reveal() != "a-default" {
		t.Errorf("%q, %q", source.url.Reveal(), source.headers["Team"].Reveal())
	}
	c, diags = config.LoadSource(path, config.Options{Kinds: kinds(), Getenv: environment(), Instead: instead}, "broken")
	if got := summaries(diags); len(got) != 2 || got[0] != "Invalid URL" || got[1] != "Unsupported argument" {
		t.Errorf("%s", rendered(t, c, diags))
	}
}
