// Package sinktest holds what is true of every sink, as tests that each plugin's own tests run with its kind
// and a config of it.
package sinktest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Case is a kind of sink, and how a test of it is configured and looked at.
type Case struct {
	Kind bridge.Kind[bridge.Sink]

	// Config returns the body of a block. A sink that speaks HTTP sends to the url. The function hidden
	// marks a text as a secret; each secret in the config holds [Marker], or the text of [Secret].
	Config func(url string) string

	// HTTP says that the sink speaks HTTP. It is tested against servers then.
	HTTP bool

	// Received returns the ids of the events that have arrived, for a sink that speaks no HTTP.
	Received func(t *testing.T) []string
}

// Marker is part of every secret of a test, and must not come out anywhere.
const Marker = "hunter2-marker-of-a-secret"

// Secret is a secret to sign with.
const Secret = "whsec_aHVudGVyMi1tYXJrZXItb2YtYS1zZWNyZXQ="

// Run tests the kind.
func Run(t *testing.T, c Case) {
	t.Run("an unknown attribute is a diagnostic", c.unknownAttribute)
	t.Run("events sent at the same time arrive once each", c.concurrent)
	t.Run("a context that is done sends nothing and is an error", c.done)
	if c.HTTP {
		t.Run("each status has its verdict", c.statuses)
		t.Run("no secret comes out of an answer that echoes", c.echo)
		t.Run("no secret comes out of a connection that fails", c.broken)
		t.Run("a receiver that hangs holds Send no longer than its context", c.hang)
	}
}

// New builds a sink from the body of a block, and fails the test where it has mistakes.
func New(t testing.TB, kind bridge.Kind[bridge.Sink], config string) bridge.Sink {
	t.Helper()
	sink, diags := Build(t, kind, config, bridge.Env{Name: "crm", Version: "1.2.3"})
	if diags.HasErrors() {
		t.Fatalf("config has mistakes: %v\n%s", diags, config)
	}
	return sink
}

// Build builds a sink in an environment to which it adds the function hidden.
func Build(t testing.TB, kind bridge.Kind[bridge.Sink], config string, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(config), "crm.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("config does not parse: %v\n%s", diags, config)
	}
	env.Eval = &hcl.EvalContext{Functions: map[string]function.Function{"hidden": hidden()}}
	return kind.New(file.Body, env)
}

// hidden marks a text as a secret.
func hidden() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return args[0].Mark(setting.Sensitive), nil
		},
	})
}

// Event is the given revision of an item.
func Event(key string, revision int) bridge.Event {
	at := time.Date(2026, 11, 23, 8, 43, 24, 123e6, time.UTC)
	return bridge.Event{
		ID: fmt.Sprintf("evt_%s_%d", key, revision), Type: "tickets.updated", Time: at, Source: "tickets",
		Key: key, Change: bridge.Updated, Revision: uint64(revision), Before: []byte(`{"state":"open"}`),
		After: []byte(`{"state":"closed","title":"Ünder <&> 😀"}`), Changed: []string{"/state", "/title"},
		From: at.Add(-time.Minute), To: at,
	}
}

// leaks fails the test where a text holds a secret.
func leaks(t *testing.T, what, text string) {
	t.Helper()
	if strings.Contains(text, Marker) || strings.Contains(text, strings.TrimPrefix(Secret, "whsec_")) {
		t.Errorf("%s shows a secret: %s", what, text)
	}
}
