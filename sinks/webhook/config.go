package webhook

import (
	"net/url"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Bounds of max_body. The least one leaves room for a truncated payload.
const (
	defaultMaxBody = 256 * setting.KiB
	leastMaxBody   = 4 * setting.KiB
	mostMaxBody    = 64 * setting.MiB
)

type attributes struct {
	URL       hcl.Expression  `hcl:"url"`
	Secret    hcl.Expression  `hcl:"secret,optional"`
	Unsigned  hcl.Expression  `hcl:"unsigned,optional"`
	Headers   hcl.Expression  `hcl:"headers,optional"`
	Format    hcl.Expression  `hcl:"format,optional"`
	CESource  hcl.Expression  `hcl:"ce_source,optional"`
	Body      hcl.Expression  `hcl:"body,optional"`
	MaxBody   hcl.Expression  `hcl:"max_body,optional"`
	Sign      []signBlock     `hcl:"sign,block"`
	Handshake *handshakeBlock `hcl:"handshake,block"`
	Proxy     hcl.Expression  `hcl:"proxy,optional"`
	TLS       *route.TLS      `hcl:"tls,block"`
	Egress    *route.Egress   `hcl:"egress,block"`
}

// Kind returns the plugin.
func Kind() bridge.Kind[bridge.Sink] { return bridge.Kind[bridge.Sink]{Name: "webhook", New: build} }

func build(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	var given attributes
	diags := gohcl.DecodeBody(body, nil, &given)
	r := setting.NewReader(env.Eval)
	r.Report(diags)
	w := &Webhook{
		url:       readURL(r, given.URL),
		signers:   readSigners(r, given, body.MissingItemRange()),
		body:      readBody(r, given.Body, env.Eval),
		maxBody:   int(r.Size(given.MaxBody, defaultMaxBody, leastMaxBody, mostMaxBody)),
		handshake: readHandshake(r, given.Handshake),
	}
	w.format = readFormat(r, given, w.body != nil)
	w.header = readHeaders(r, given.Headers, reserved{w.format, w.signers})
	if w.header.Get("User-Agent") == "" {
		w.header.Set("User-Agent", "hookbridge/"+env.Version)
	}
	if w.handshake != nil {
		w.header.Set(headerOrigin, w.handshake.origin)
	}
	w.route = readRoute(r, env, given, w.url)
	if r.Diagnostics().HasErrors() {
		return nil, r.Diagnostics()
	}
	w.transport = newTransport(w.route)
	w.hidden = w.secrets()
	return w.ready(), r.Diagnostics()
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

// readBody compiles the template that replaces the payload, nil where there is none.
func readBody(r *setting.Reader, x hcl.Expression, eval *hcl.EvalContext) *expr.Expr {
	if x == nil || len(x.Variables()) == 0 && !setting.Given(x) {
		return nil
	}
	body, diags := expr.Compile(x, eval, append(expr.EventRoots(), "event")...)
	r.Report(diags)
	return body
}
