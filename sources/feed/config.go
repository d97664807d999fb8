package feed

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// block is the part of a source's block that is the plugin's own.
type block struct {
	URL           hcl.Expression   `hcl:"url"`
	Headers       hcl.Expression   `hcl:"headers,optional"`
	Conditional   hcl.Expression   `hcl:"conditional,optional"`
	Key           hcl.Expression   `hcl:"key,optional"`
	MaxBody       hcl.Expression   `hcl:"max_body,optional"`
	MaxRedirects  hcl.Expression   `hcl:"max_redirects,optional"`
	HeaderTimeout hcl.Expression   `hcl:"header_timeout,optional"`
	IdleTimeout   hcl.Expression   `hcl:"idle_timeout,optional"`
	Proxy         hcl.Expression   `hcl:"proxy,optional"`
	AuthShared    hcl.Expression   `hcl:"auth,optional"`
	Auth          *fetch.AuthBlock `hcl:"auth,block"`
	TLS           *route.TLS       `hcl:"tls,block"`
	Egress        *route.Egress    `hcl:"egress,block"`
}

// accept asks for a feed before it asks for anything.
const accept = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, " +
	"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"

func newSource(body hcl.Body, env bridge.Env) (*Source, hcl.Diagnostics) {
	var b block
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, nil, &b))
	identity := fetch.Source(b.Key) // before it is compiled
	settings := fetch.Read(r, env, fetch.Attributes{
		URL: b.URL, Headers: b.Headers, Conditional: b.Conditional, MaxBody: b.MaxBody,
		MaxRedirects: b.MaxRedirects, HeaderTimeout: b.HeaderTimeout, IdleTimeout: b.IdleTimeout, Auth: b.Auth,
		AuthShared: b.AuthShared, Route: route.Attributes{Proxy: b.Proxy, TLS: b.TLS, Egress: b.Egress},
	}, 16*setting.MiB)
	settings.Accept = accept
	s := &Source{names: identity}
	if setting.Given(b.Key) {
		key, diags := expr.CompileKey(b.Key, env.Eval)
		r.Report(diags)
		s.key = key
	}
	if r.Diagnostics().HasErrors() {
		return nil, r.Diagnostics()
	}
	s.client = fetch.New(settings, env, "feed", identity)
	return s, r.Diagnostics()
}
