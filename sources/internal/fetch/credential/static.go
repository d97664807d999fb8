package credential

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential/wire"
)

// static is a supply of what the config says, and the files that it names.
type static struct {
	hidden *hidden
	parts  []*setting.Live
	write  func(parts []string) string
}

// newStatic makes the credential of one place. Its secrets are the parts, and what is made of them.
func newStatic(kind string, in place, name string, write func([]string) string, parts ...*setting.Live) *carried {
	s := &static{hidden: &hidden{}, parts: parts, write: write}
	s.look()
	return &carried{hidden: s.hidden, kind: kind, place: in, name: name, supply: s}
}

// look reads the parts of now.
func (s *static) look() (string, Stamp) {
	var texts []string
	var stamp Stamp
	for _, part := range s.parts {
		text, version := part.Versioned()
		texts, stamp = append(texts, text), stamp+Stamp(version)
	}
	text := s.write(texts)
	_, proof, _ := strings.Cut(text, " ") // what follows Basic or Bearer
	s.hidden.hide(append(texts, proof)...)
	return text, stamp
}

func (s *static) prepare(context.Context, *http.Client) error { return nil }

func (s *static) ready() bool { return true }

func (s *static) text() (string, Stamp) { return s.look() }

// renew looks whether the files hold something else by now.
func (s *static) renew(_ context.Context, _ *http.Client, used Stamp) (bool, error) {
	if _, now := s.look(); now == used {
		for _, part := range s.parts {
			part.Renew()
		}
	}
	_, now := s.look()
	return now != used, nil
}

func (o *opening) basic() Credential {
	var block struct {
		Username hcl.Expression `hcl:"username"`
		Password hcl.Expression `hcl:"password"`
	}
	o.Report(gohcl.DecodeBody(o.body, nil, &block))
	username, password := o.live(block.Username, "username", colon), o.Live(nil, nil)
	if o.Required(block.Password, "password") {
		password = o.Live(block.Password, nil) // which may be empty: some APIs take a token as user name
	}
	return newStatic("basic", inHeader, "Authorization", func(parts []string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(parts[0]+":"+parts[1]))
	}, username, password)
}

// colon refuses what basic authentication (RFC 7617) has no way to send.
func colon(text string) error {
	if strings.Contains(text, ":") {
		return fault{"Colon in a user name", "Basic authentication (RFC 7617) has no way to send it."}
	}
	return nil
}

func (o *opening) bearer() Credential {
	var block struct {
		Token hcl.Expression `hcl:"token"`
	}
	o.Report(gohcl.DecodeBody(o.body, nil, &block))
	return newStatic("bearer", inHeader, "Authorization", func(parts []string) string { return "Bearer " + parts[0] },
		o.live(block.Token, "token", nil))
}

func (o *opening) apiKey() Credential {
	var block struct {
		Name  hcl.Expression `hcl:"name"`
		Value hcl.Expression `hcl:"value"`
		In    hcl.Expression `hcl:"in,optional"`
	}
	o.Report(gohcl.DecodeBody(o.body, nil, &block))
	in, check := inHeader, (func(string) error)(nil)
	switch o.OneOf(block.In, "header", "header", "query", "cookie") {
	case "query":
		in = inQuery
	case "cookie":
		in, check = inCookie, cookie
	}
	name := o.nameOf(block.Name, in)
	return newStatic("api_key", in, name, func(parts []string) string { return parts[0] },
		o.live(block.Value, "value", check))
}

func cookie(text string) error {
	if strings.ContainsAny(text, "; ,\"\\") {
		return fault{"Invalid cookie", "The value has a character that no cookie can hold (RFC 6265, section 4.1.1)."}
	}
	return nil
}

// nameOf reads where the credential goes.
func (o *opening) nameOf(x hcl.Expression, in place) string {
	before := len(o.Diagnostics())
	if !o.Required(x, "name") {
		return ""
	}
	name := o.String(x, "")
	switch {
	case len(o.Diagnostics()) > before:
	case name == "":
		o.Fail(x, "Empty name", "Say in which %s the key goes.", in)
	case in == inQuery:
	case !httpguts.ValidHeaderFieldName(name):
		o.Fail(x, "Invalid name", "%q cannot be the name of a %s.", name, in)
	case in == inHeader && wire.Reserved(http.CanonicalHeaderKey(name)) != "":
		o.Fail(x, "Reserved header", "%s", wire.Reserved(http.CanonicalHeaderKey(name)))
	}
	return name
}
