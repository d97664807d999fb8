package http

import (
	"log/slog"
	nethttp "net/http"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// block is the part of a source's block that is the plugin's own.
//
// items leads to the list in a body: body.data, or with [*] to the lists in each element of another one,
// body.groups[*].members. With items_as = "map" it leads to an object instead, each member of which is an item
// of the form {"key": NAME, "value": VALUE}, so that key = item.key.
//
// total is an expression over body, headers and status that says how many items the whole collection has, such
// as body.meta.total. A listing that ends with fewer is not complete, so that no deletes are told of it.
type block struct {
	URL           hcl.Expression   `hcl:"url"`
	Method        hcl.Expression   `hcl:"method,optional"`
	Body          hcl.Expression   `hcl:"body,optional"`
	Query         hcl.Expression   `hcl:"query,optional"`
	Headers       hcl.Expression   `hcl:"headers,optional"`
	Format        hcl.Expression   `hcl:"format,optional"`
	Conditional   hcl.Expression   `hcl:"conditional,optional"`
	Items         hcl.Expression   `hcl:"items,optional"`
	ItemsAs       hcl.Expression   `hcl:"items_as,optional"`
	Key           hcl.Expression   `hcl:"key"`
	Total         hcl.Expression   `hcl:"total,optional"`
	MaxBody       hcl.Expression   `hcl:"max_body,optional"`
	MaxItem       hcl.Expression   `hcl:"max_item,optional"`
	MaxDepth      hcl.Expression   `hcl:"max_depth,optional"`
	MaxRedirects  hcl.Expression   `hcl:"max_redirects,optional"`
	HeaderTimeout hcl.Expression   `hcl:"header_timeout,optional"`
	IdleTimeout   hcl.Expression   `hcl:"idle_timeout,optional"`
	Proxy         hcl.Expression   `hcl:"proxy,optional"`
	AuthShared    hcl.Expression   `hcl:"auth,optional"`
	Auth          *fetch.AuthBlock `hcl:"auth,block"`
	TLS           *route.TLS       `hcl:"tls,block"`
	Egress        *route.Egress    `hcl:"egress,block"`
	Page          *pageBlock       `hcl:"page,block"`
	Cursor        *cursorBlock     `hcl:"cursor,block"`
	Reconcile     *reconcileBlock  `hcl:"reconcile,block"`
	CSV           *csvBlock        `hcl:"csv,block"`
	Responses     []*responseBlock `hcl:"response,block"`
}

func (b *block) attributes() fetch.Attributes {
	return fetch.Attributes{
		URL: b.URL, Query: b.Query, Headers: b.Headers, Conditional: b.Conditional, MaxBody: b.MaxBody,
		MaxRedirects: b.MaxRedirects, HeaderTimeout: b.HeaderTimeout, IdleTimeout: b.IdleTimeout, Auth: b.Auth,
		AuthShared: b.AuthShared, Route: route.Attributes{Proxy: b.Proxy, TLS: b.TLS, Egress: b.Egress},
	}
}

// maxDepth is as deep as the JSON decoder goes.
const maxDepth = 10_000

func newSource(body hcl.Body, env bridge.Env) (*Source, hcl.Diagnostics) {
	var b block
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, nil, &b))
	identity := identityOf(&b, env) // before anything is compiled
	template := readTemplate(r, env, &b)
	settings := fetch.Read(r, env, b.attributes(), setting.GiB)
	s := &Source{now: fetch.Clock(env), log: env.Log, format: format(r.OneOf(b.Format, "", "json", "ndjson", "csv", "xml")), parent: env.ForEach, parents: env.Items}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	readBody(r, env.Eval, &b, &settings)
	if template.body != nil {
		settings.Body = nil
	}
	template.conceal(&settings)
	settings.Accept = s.format.accept()
	s.limits = document.Limits{
		Item:  int64(r.Size(b.MaxItem, 16*setting.MiB, setting.KiB, setting.GiB)),
		Depth: r.Int(b.MaxDepth, 1000, 1, maxDepth),
	}
	s.readList(r, &b)
	s.readKey(r, env, &b)
	s.table = readTable(r, &b, s.format)
	settings.Rules = readRules(r, env.Eval, b.Responses, s, b.Auth != nil || setting.Given(b.AuthShared))
	s.readWay(template, &b, &settings)
	if r.Diagnostics().HasErrors() {
		return nil, r.Diagnostics()
	}
	s.client = fetch.New(settings, env, identity...)
	return s, r.Diagnostics()
}

// readWay reads what leads from request to request.
func (s *Source) readWay(t *templateReader, b *block, settings *fetch.Settings) {
	paging := readPaging(t, b.Page, settings.URL, s.format)
	if setting.Given(b.Total) {
		paging.total = paging.compile(b.Total)
	}
	s.cursor = readCursor(paging, b, t.reads["cursor"])
	s.paging, s.template = paging.paging, t.template
	switch s.paging.way.(type) {
	case byNumber, byOffset:
		settings.Show(s.paging.param)
	}
	if s.cursor != nil && s.cursor.token == nil {
		settings.Show(s.cursor.param)
	}
	if s.cursor != nil && s.parent != "" {
		t.Report(setting.Wrong(b.Cursor.At, "Cursor for each",
			"A cursor would miss what a new item of source.%s has had for long: with for_each every poll is a full listing.", s.parent))
	}
}

// identityOf writes down what decides, besides the request, which items an answer holds. What a cursor reads
// belongs to it, and how far it reaches does not.
func identityOf(b *block, env bridge.Env) []string {
	identity := []string{
		fetch.Source(b.Items), fetch.Source(b.ItemsAs), fetch.Source(b.Key), fetch.Source(b.Format), fetch.Source(b.Total), env.ForEach,
	}
	if b.CSV != nil {
		identity = append(identity, fetch.Source(b.CSV.Delimiter), fetch.Source(b.CSV.Header), fetch.Source(b.CSV.Charset))
	}
	identity = append(identity, identityOfRules(b.Responses)...)
	for _, x := range []hcl.Expression{b.URL, b.Query, b.Headers, b.Body} {
		if refers(x) {
			identity = append(identity, fetch.Source(x))
		}
	}
	if c := b.Cursor; c != nil {
		for _, x := range []hcl.Expression{c.Field, c.Token, c.URL, c.Param, c.Format, c.Zone, c.Send, c.Deleted} {
			identity = append(identity, fetch.Source(x))
		}
	}
	if b.Page == nil {
		return identity
	}
	identity = append(identity, b.Page.Kind)
	attributes, _ := b.Page.Body.JustAttributes() // what is wrong with them is reported by readPaging
	for _, name := range sortedNames(attributes) {
		identity = append(identity, name, fetch.Source(attributes[name].Expr))
	}
	return identity
}

func (s *Source) readKey(r *setting.Reader, env bridge.Env, b *block) {
	if !fetch.Required(r, b.Key, "key") {
		return
	}
	s.names = fetch.Source(b.Key) // before it is compiled
	var further []string
	if env.ForEach != "" {
		further = append(further, "each")
	}
	key, diags := expr.CompileKey(b.Key, env.Eval, further...)
	r.Report(diags)
	s.key = key
}

// readBody reads method and body. Text is sent as it is, anything else as JSON.
func readBody(r *setting.Reader, eval *hcl.EvalContext, b *block, s *fetch.Settings) {
	s.Method = r.OneOf(b.Method, nethttp.MethodGet, nethttp.MethodGet, nethttp.MethodPost)
	if !setting.Given(b.Body) {
		return
	}
	if s.Method == nethttp.MethodGet {
		r.Fail(b.Body, "Body of a GET", "A body is for method = \"POST\".")
		return
	}
	s.SetBody(r, b.Body, eval)
}
