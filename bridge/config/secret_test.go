package config

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

const hidden = "s3cr3t-in-every-place"

// places are all blocks of the language that the core reads, with the schema that it reads them by.
var places = map[string]any{
	"state": stateBlock{}, "admin": adminBlock{}, "log": logBlock{}, "defaults": defaultsBlock{},
	"source": sourceBlock{}, "adapt": adaptBlock{}, "window": windowBlock{}, "expect": expectBlock{}, "compare": compareBlock{}, "guard": guardBlock{}, "event": eventBlock{},
	"sink": sinkBlock{}, "retry": retryBlock{}, "plugin": pluginBody{},
	"auth": lentBody{},
}

// forms are ways of writing a secret that lead evaluation astray in different places.
var forms = []string{
	`env("SECRET")`, `[env("SECRET")]`, `{ a = env("SECRET") }`, `{ (env("SECRET")) = 1 }`,
	`"${env("SECRET")}"`, `"5${env("SECRET")}"`, `nonsensitive(env("SECRET"))`, `tonumber(env("SECRET"))`,
	`{ for k in [env("SECRET"), env("SECRET")] : k => 1 }`, `{ (env("SECRET")) = 1 }.other`,
	`env(env("SECRET"))`, `file(env("SECRET"))`, `credential(env("SECRET"))`, `jsondecode(env("SECRET"))`,
	`true ? { (env("SECRET")) = 1 } : []`, `env("SECRET") + 1`, `regex(env("SECRET"), "a")`, `{a = 1}[env("SECRET")]`,
	`[for x in before.list : env("SECRET")]`, `after.x ? env("SECRET") : "b"`, `upper(env("SECRET"))`,
	`{ for k in [upper(env("SECRET")), upper(env("SECRET"))] : k => 1 }`, `{ (upper(env("SECRET"))) = 1 }["x"]`,
	`lookup({}, env("SECRET"))`, `format("%d", env("SECRET"))`, `formatdate(env("SECRET"), "x")`, `sink[env("SECRET")]`,
}

type pluginBody struct {
	Auth   hcl.Expression `hcl:"auth,optional"`
	Plain  hcl.Expression `hcl:"plain,optional"`
	Secret hcl.Expression `hcl:"secret,optional"`
	Map    hcl.Expression `hcl:"map,optional"`
	List   hcl.Expression `hcl:"list,optional"`
}

// lentBody is that of a shared block.
type lentBody struct {
	Token hcl.Expression `hcl:"token,optional"`
}

type silent struct{}

func (silent) Poll(context.Context, bridge.Cursor, func(bridge.Item) error) (bridge.Outcome, error) {
	return bridge.Outcome{}, nil
}

func newSilent(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
	var b pluginBody
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, env.Eval, &b))
	plain, secret := r.String(b.Plain, ""), r.Secret(b.Secret)
	r.SecretMap(b.Map)
	r.SecretList(b.List)
	if strings.Contains(secret.Reveal(), hidden) { // what it makes of a secret is the plugin's own affair
		r.Fail(b.Secret, "Told by "+secret.Reveal(), "It is %s, or %q, beside %s.", secret.Reveal(), secret.Reveal(), plain)
	}
	if setting.Given(b.Auth) {
		r.Report(borrow(b.Auth, env))
	}
	return silent{}, r.Diagnostics()
}

// borrow reads the shared block that the expression names.
func borrow(x hcl.Expression, env bridge.Env) hcl.Diagnostics {
	shared, diags := env.Refer(x, "auth")
	if shared == nil {
		return diags
	}
	_, more := shared.Once(func() (any, hcl.Diagnostics) {
		var b lentBody
		r := setting.NewReader(shared.Eval)
		r.Report(gohcl.DecodeBody(shared.Body, shared.Eval, &b))
		if token := r.Secret(b.Token).Reveal(); strings.Contains(token, hidden) {
			r.Fail(b.Token, "Told", "It is %s.", token)
		}
		return nil, r.Diagnostics()
	})
	return append(diags, more...)
}

// TestASecretInAnyAttributeShowsInNoDiagnostic puts a secret, in every form, into every attribute of every
// block, one at a time: whatever is said about it, as text or as JSON, keeps it.
func TestASecretInAnyAttributeShowsInNoDiagnostic(t *testing.T) {
	options := Options{
		Kinds: Kinds{Sources: []bridge.Kind[bridge.Source]{{Name: "p", New: newSilent}}},
		Getenv: func(name string) (string, bool) {
			if name == "SECRET" {
				return hidden, true
			}
			return "", false
		},
	}
	said := 0
	for _, place := range slices.Sorted(maps.Keys(places)) {
		schema, _ := gohcl.ImpliedBodySchema(places[place])
		for _, attribute := range schema.Attributes {
			for _, form := range forms {
				said += tell(t, options, place, attribute.Name, form)
			}
		}
	}
	if said < 500 {
		t.Errorf("only %d diagnostics were given: the test no longer reaches what it is for", said)
	}
}

// tell loads a configuration with the form in one place, and returns how much was said about it.
func tell(t *testing.T, options Options, place, attribute, form string) int {
	text := textWith(place, attribute+" = "+form)
	config, diags := parseText(text, options)
	var out bytes.Buffer
	_ = Write(&out, config.Files, diags, true, 80)
	_ = WriteJSON(&out, diags)
	_, _ = fmt.Fprintf(&out, "%v %+v %+v", diags, config.State, config.Log)
	_, _ = fmt.Fprintf(&out, "%+v %#v %+v", config.Admin, config.Sinks, config.Sources)
	for _, shown := range []string{hidden, strings.ToUpper(hidden)} {
		// A value that was declared to be no secret may stand where it is used.
		if strings.Contains(out.String(), shown) && !strings.HasPrefix(form, "nonsensitive") {
			t.Errorf("%s in %s of %s is shown:\n%s", form, attribute, place, &out)
		}
	}
	return len(diags)
}

// textWith is a configuration with a line in one of its blocks.
func textWith(place, line string) string {
	at := func(name string) string {
		if name == place {
			return line
		}
		return ""
	}
	lines := []string{
		"state {", at("state"), "}", "admin {", at("admin"), "}", "log {", at("log"), "}",
		"defaults {", at("defaults"), "}",
		`auth "x" "lent" {`, at("auth"), "}",
		`source "p" "s" {`, at("source"), cmp.Or(at("plugin"), "auth = auth.lent"),
		"adapt {", at("adapt"), "}", "window {", at("window"), "}", "expect {", at("expect"), "}", "compare {", at("compare"), "}", "guard {", at("guard"), "}",
		`event "e" {`, at("event"), "}", "}",
		`sink "q" "w" {`, at("sink"), "retry {", at("retry"), "}", "}",
	}
	return strings.Join(lines, "\n")
}

func parseText(content string, options Options) (*Config, hcl.Diagnostics) {
	file := text{name: "main.hcl", src: []byte(content)}
	file.parse()
	r := newReading("main.hcl")
	r.add(file)
	l := newLoader(r, options)
	l.readDaemon()
	l.declareShared()
	l.declareSinks()
	l.readSinks()
	l.readSources()
	l.judgeWhole()
	return l.config, l.finish()
}
