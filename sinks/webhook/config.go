package webhook

import (
	"net/url"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// Bounds of max_body. The least one leaves room for a truncated payload.
const (
	defaultMaxBody = 256 * setting.KiB
	leastMaxBody   = 4 * setting.KiB
	mostMaxBody    = 64 * setting.MiB
)

type attributes struct {
	URL      hcl.Expression `hcl:"url"`
	Secret   hcl.Expression `hcl:"secret,optional"`
	Unsigned hcl.Expression `hcl:"unsigned,optional"`
	Headers  hcl.Expression `hcl:"headers,optional"`
	Body     hcl.Expression `hcl:"body,optional"`
	MaxBody  hcl.Expression `hcl:"max_body,optional"`
	Sign     []signBlock    `hcl:"sign,block"`
}

type signBlock struct {
	Kind     string         `hcl:"kind,label"`
	Secret   hcl.Expression `hcl:"secret"`
	Previous hcl.Expression `hcl:"previous,optional"`
	Range    hcl.Range      `hcl:",def_range"`
}

// Kind returns the plugin.
func Kind() bridge.Kind[bridge.Sink] { return bridge.Kind[bridge.Sink]{Name: "webhook", New: build} }

func build(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	var given attributes
	diags := gohcl.DecodeBody(body, nil, &given)
	r := setting.NewReader(env.Eval)
	r.Report(diags)
	w := &Webhook{
		url:     readURL(r, given.URL),
		keys:    readKeys(r, given, body.MissingItemRange()),
		body:    readBody(r, given.Body, env.Eval),
		maxBody: int(r.Size(given.MaxBody, defaultMaxBody, leastMaxBody, mostMaxBody)),
	}
	w.header = readHeaders(r, given.Headers, w.body != nil)
	if w.header.Get("User-Agent") == "" {
		w.header.Set("User-Agent", "hookbridge/"+env.Version)
	}
	if r.Diagnostics().HasErrors() {
		return nil, r.Diagnostics()
	}
	w.transport = newTransport(env)
	w.hidden = w.secrets()
	return w, r.Diagnostics()
}

// readURL takes an absolute http or https URL. It may be a secret as a whole, so that no mistake shows it.
func readURL(r *setting.Reader, x hcl.Expression) *url.URL {
	secret, ok := readSecret(r, x)
	if !ok {
		return nil
	}
	u, err := url.Parse(secret.Reveal())
	switch {
	case secret.IsZero():
		r.Fail(x, "Missing URL", "Give the url to send to, which begins with http:// or https://.")
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		r.Fail(x, "Invalid URL", "A webhook takes an absolute URL that begins with http:// or https://.")
	case u.User != nil:
		r.Fail(x, "Credentials in the URL", "Give them as a header instead: "+
			`headers = { Authorization = "Basic ${base64encode(…)}" }.`)
	case u.Fragment != "":
		r.Fail(x, "Fragment in the URL", "What follows # is never sent: take it out.")
	}
	return u
}

// readKeys takes the keys to sign with, the newest first.
func readKeys(r *setting.Reader, given attributes, missing hcl.Range) []signature.Key {
	unsigned := r.Bool(given.Unsigned, false)
	signed := setting.Given(given.Secret) || len(given.Sign) > 0
	switch {
	case signed && unsigned:
		r.Fail(given.Unsigned, "Signed and unsigned", "Take out either unsigned or what signs.")
	case !signed && !unsigned:
		r.Report(setting.Wrong(missing, "Unsigned webhook", "A receiver cannot tell who sent a request "+
			"that is not signed. Give a secret (make one with `hookbridge secret new`), or unsigned = true "+
			"if the URL itself is the secret."))
	}
	var keys []signature.Key
	if setting.Given(given.Secret) {
		keys = readKey(r, keys, given.Secret)
	}
	for _, block := range given.Sign {
		keys = readSign(r, keys, block)
	}
	return keys
}

func readSign(r *setting.Reader, keys []signature.Key, block signBlock) []signature.Key {
	if block.Kind != "standard" {
		r.Report(setting.Wrong(block.Range, "Unknown signature", "A webhook signs as \"standard\", not as %q.%s",
			block.Kind, setting.Suggest(block.Kind, []string{"standard"})))
		return keys
	}
	if len(keys) > 0 {
		r.Report(setting.Wrong(block.Range, "Two secrets", "The newest secret is given once, as secret or in one "+
			`block sign "standard"; older ones that still sign while rotating stand in its list "previous".`))
		return keys
	}
	keys = readKey(r, keys, block.Secret)
	for _, secret := range r.SecretList(block.Previous) {
		keys = appendKey(r, keys, block.Previous, secret)
	}
	return keys
}

func readKey(r *setting.Reader, keys []signature.Key, x hcl.Expression) []signature.Key {
	if secret, ok := readSecret(r, x); ok {
		return appendKey(r, keys, x, secret)
	}
	return keys
}

// readSecret is not ok where the expression itself was reported.
func readSecret(r *setting.Reader, x hcl.Expression) (secret setting.Secret, ok bool) {
	before := len(r.Diagnostics())
	secret = r.Secret(x)
	return secret, len(r.Diagnostics()) == before
}

func appendKey(r *setting.Reader, keys []signature.Key, x hcl.Expression, s setting.Secret) []signature.Key {
	key, err := signature.ParseSecret(s.Reveal())
	if err != nil {
		r.Fail(x, "Invalid secret", "A webhook secret is whsec_ and the standard base64 of %d to %d random bytes (%s). "+
			"Make one with `hookbridge secret new`.", signature.MinLength, signature.MaxLength, err)
		return keys
	}
	return append(keys, key)
}

// readBody compiles the template that replaces the payload, nil where there is none.
func readBody(r *setting.Reader, x hcl.Expression, eval *hcl.EvalContext) *expr.Expr {
	if x == nil || len(x.Variables()) == 0 && !setting.Given(x) {
		return nil
	}
	body, diags := expr.Compile(x, eval, append(expr.EventRoots(), "event")...)
	r.Report(diags)
	return body
}
