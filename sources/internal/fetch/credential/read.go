package credential

import (
	"errors"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Block is the block auth "kind" { … } inside of a source.
type Block struct {
	Kind string    `hcl:"kind,label"`
	At   hcl.Range `hcl:"kind,label_range"`
	Body hcl.Body  `hcl:",remain"`
}

// Read makes a credential of the block, or of the shared one that the expression names; nil where there is
// neither.
func Read(r *setting.Reader, env bridge.Env, block *Block, reference hcl.Expression) Credential {
	switch {
	case block != nil && setting.Given(reference):
		r.Fail(reference, "Two credentials", "The block auth and the reference to a shared one exclude each other.")
	case setting.Given(reference):
		return refer(r, env, reference)
	case block != nil:
		o := &opening{Reader: r, env: env, eval: env.Eval, body: block.Body, keep: "source." + env.Name}
		return o.kind(block.Kind, block.At)
	}
	return nil
}

// refer gets the credential that all have who refer to the same block.
func refer(r *setting.Reader, env bridge.Env, x hcl.Expression) Credential {
	if env.Refer == nil {
		r.Fail(x, "Invalid reference", "There are no shared blocks here.")
		return nil
	}
	shared, diags := env.Refer(x, "auth")
	r.Report(diags)
	if shared == nil {
		return nil
	}
	made, diags := shared.Once(func() (any, hcl.Diagnostics) {
		o := &opening{
			Reader: setting.NewReader(shared.Eval), env: env, eval: shared.Eval, body: shared.Body, keep: "auth." + shared.Name,
		}
		return o.kind(shared.Kind, shared.At), o.Diagnostics()
	})
	r.Report(diags)
	c, _ := made.(Credential)
	return c
}

// opening is a block while it is read.
type opening struct {
	*setting.Reader
	env  bridge.Env
	eval *hcl.EvalContext
	body hcl.Body
	keep string // the name under which it may keep what it must not lose
}

func (o *opening) kind(kind string, at hcl.Range) Credential {
	kinds := []string{"basic", "bearer", "api_key", "oauth2", "login", "aws_sigv4"}
	switch kind {
	case "basic":
		return o.basic()
	case "bearer":
		return o.bearer()
	case "api_key":
		return o.apiKey()
	case "oauth2":
		return o.oauth2()
	case "login":
		return o.login()
	case "aws_sigv4":
		return o.sigv4()
	}
	o.Report(setting.Wrong(at, "Unknown kind of auth", "%q is none of %s.%s",
		kind, strings.Join(kinds, ", "), setting.Suggest(kind, kinds)))
	return nil
}

// live reads a secret that has to be there and to fit into a request, now and whenever it changes.
func (o *opening) live(x hcl.Expression, name string, more func(string) error) *setting.Live {
	check := func(text string) error { return errors.Join(sendable(text), also(more, text)) }
	if !o.Required(x, name) {
		return o.Live(nil, nil)
	}
	return o.checked(x, check)
}

// optional is live for what may be missing; it is empty then.
func (o *opening) optional(x hcl.Expression) *setting.Live {
	if !setting.Given(x) {
		return o.Live(nil, nil)
	}
	return o.checked(x, sendable)
}

func (o *opening) checked(x hcl.Expression, check func(string) error) *setting.Live {
	before := len(o.Diagnostics())
	l := o.Live(x, check)
	wrong, ok := errors.AsType[fault](check(l.Reveal()))
	if ok && len(o.Diagnostics()) == before {
		o.Fail(x, wrong.summary, "%s", wrong.detail)
	}
	return l
}

// A fault is what is wrong with a text, as a diagnostic tells it.
type fault struct{ summary, detail string }

func (f fault) Error() string { return f.detail }

func also(check func(string) error, text string) error {
	if check == nil {
		return nil
	}
	return check(text)
}

// sendable refuses what no header can carry.
func sendable(text string) error {
	switch {
	case text == "":
		return fault{"Empty credential", "The value is empty: is the variable or file that it comes from filled?"}
	case !httpguts.ValidHeaderFieldValue(text):
		return fault{
			"Invalid credential",
			"The value holds a line break or a control character, which no request can carry.",
		}
	}
	return nil
}
