package http

import (
	"errors"
	"fmt"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A template is the request as the config writes it, where parts of it read cursor.value, page.value, each.key
// or each.item. The zero template is a request without such parts.
//
// Values go into url as they are, so that each.key may be "golang/go" and stand for two steps of a path; what
// may hold anything else is written as urlencode(each.key). In query each value is encoded, and a parameter or
// header whose value is null is left out.
type template struct {
	url    *expr.Expr
	fixed  []pair // of the query, beside a url that is an expression
	query  []field
	header []field
	body   *expr.Expr
	coded  bool // the body is JSON: no header says that it is anything else
	reads  map[string]bool
}

type pair struct{ name, value string }

type field struct {
	name  string
	value *expr.Expr
}

// variables are what a template is filled with.
type variables struct {
	mark []byte // cursor.value, as JSON; nil: there is none
	page []byte // page.value, as JSON
	each *bridge.Item
}

// scope reads the variables. It reads each.item off the item without copying it.
func (v variables) scope() expr.Scope {
	return expr.Scope{Read: func(ref expr.Ref) []byte {
		switch ref.Root {
		case "cursor":
			return find(ref, "value", v.mark)
		case "page":
			return find(ref, "value", v.page)
		}
		if v.each == nil {
			return nil
		}
		if item := find(ref, "item", v.each.Body); item != nil {
			return item
		}
		return find(ref, "key", quote(v.each.Key))
	}}
}

func quote(text string) []byte {
	quoted, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		panic(err) // of valid UTF-8
	}
	return quoted
}

// fillAt makes the request for a page: at the URL that the server named, or from the base, the URL of the
// config.
func (t *template) fillAt(named, base *url.URL, v variables) (fetch.Request, error) {
	if named == nil {
		return t.fill(base, v)
	}
	r, err := t.rest(v)
	r.URL = named
	return r, err
}

// fill makes the request for a page whose URL no server named.
func (t *template) fill(base *url.URL, v variables) (fetch.Request, error) {
	r, err := t.rest(v)
	if err != nil {
		return r, err
	}
	r.URL = base
	if t.url != nil {
		if r.URL, err = t.target(base, v); err != nil {
			return r, err
		}
	}
	for _, f := range t.query {
		value, err := f.text(v)
		if err != nil {
			return r, err
		}
		if value != nil {
			fetch.SetQuery(r.URL, f.name, *value)
		}
	}
	return r, nil
}

// rest makes what a request has besides its URL.
func (t *template) rest(v variables) (r fetch.Request, err error) {
	for _, f := range t.header {
		value, err := f.text(v)
		if err != nil {
			return r, err
		}
		if r.Header == nil {
			r.Header = nethttp.Header{}
		}
		r.Header[nethttp.CanonicalHeaderKey(f.name)] = nil
		if value != nil {
			r.Header.Set(f.name, *value)
		}
	}
	if t.body != nil {
		r.Body, err = t.content(v)
	}
	return r, err
}

// target evaluates the URL, and refuses one that a value has led away from where the config points.
func (t *template) target(base *url.URL, v variables) (*url.URL, error) {
	text, err := textOf(t.url, "url", v.scope())
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("evaluate url: a value in it makes it unreadable; write urlencode(…) around it")
	case !fetch.SameOrigin(u, base) || u.User != nil:
		return nil, errors.New("evaluate url: a value in it leads to another origin")
	case u.Fragment != "" || strings.ContainsFunc(u.RawQuery, unfit):
		return nil, errors.New("evaluate url: a value in it holds what a URL cannot; write urlencode(…) around it")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), func(step string) bool { return step == "." || step == ".." }):
		return nil, errors.New("evaluate url: a value in it leads out of its path")
	}
	for _, p := range t.fixed {
		fetch.SetQuery(u, p.name, p.value)
	}
	return u, nil
}

func unfit(c rune) bool { return c <= ' ' || c >= 0x7f || c == '"' }

// content evaluates the body: text is sent as it is, anything else as JSON.
func (t *template) content(v variables) ([]byte, error) {
	body, err := t.body.JSON(v.scope())
	if err != nil {
		return nil, fmt.Errorf("evaluate body: %w", err)
	}
	if body[0] == '"' {
		text, _ := document.Text(body)
		body = []byte(text)
	}
	if t.coded && !jsontext.Value(body).IsValid() {
		return nil, errors.New("evaluate body: this is no JSON; for another format set the header Content-Type")
	}
	return body, nil
}

// text evaluates a value of query or headers; nil where it is null.
func (f field) text(v variables) (*string, error) {
	raw, err := f.value.JSON(v.scope())
	if err != nil {
		return nil, fmt.Errorf("evaluate %q: %w", f.name, err)
	}
	switch raw[0] {
	case 'n':
		return nil, nil
	case '{', '[':
		return nil, fmt.Errorf("evaluate %q: it is neither text nor a number", f.name)
	}
	text, _ := document.Text(raw)
	return &text, nil
}
