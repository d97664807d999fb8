package fetch

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// AuthBlock is the block auth "kind" { … }.
type AuthBlock struct {
	Kind string    `hcl:"kind,label"`
	At   hcl.Range `hcl:"kind,label_range"`
	Body hcl.Body  `hcl:",remain"`
}

// A credential is what is added to requests to the origin of the config. The zero credential adds nothing.
type credential struct {
	kind    string
	name    string // of a header or a parameter
	value   string
	place   place
	secrets []string
}

type place uint8

const (
	nowhere place = iota
	inHeader
	inQuery
	inCookie
)

// sign puts the credential into the query, where it belongs there.
func (c credential) sign(u *url.URL) {
	if c.place == inQuery {
		SetQuery(u, c.name, c.value)
	}
}

func (c credential) setHeader(header http.Header) {
	switch c.place {
	case inHeader:
		header.Set(c.name, c.value)
	case inCookie:
		cookies := append(header.Values("Cookie"), c.name+"="+c.value)
		header.Set("Cookie", strings.Join(cookies, "; "))
	}
}

func readAuth(r *setting.Reader, block *AuthBlock) credential {
	if block == nil {
		return credential{}
	}
	switch block.Kind {
	case "basic":
		return readBasic(r, block.Body)
	case "bearer":
		return readBearer(r, block.Body)
	case "api_key":
		return readAPIKey(r, block.Body)
	}
	kinds := []string{"basic", "bearer", "api_key"}
	r.Report(setting.Wrong(block.At, "Unknown kind of auth", "%q is none of %s.%s",
		block.Kind, strings.Join(kinds, ", "), setting.Suggest(block.Kind, kinds)))
	return credential{}
}

func readBasic(r *setting.Reader, body hcl.Body) credential {
	var block struct {
		Username hcl.Expression `hcl:"username"`
		Password hcl.Expression `hcl:"password"`
	}
	r.Report(gohcl.DecodeBody(body, nil, &block))
	username, password := credentialText(r, block.Username, "username"), ""
	if Required(r, block.Password, "password") {
		password = r.Secret(block.Password).Reveal() // which may be empty: some APIs take a token as user name
	}
	if strings.Contains(username, ":") {
		r.Fail(block.Username, "Colon in a user name", "Basic authentication (RFC 7617) has no way to send it.")
	}
	coded := base64.StdEncoding.EncodeToString([]byte(username + ":" + password))
	return credential{
		kind: "basic", name: "Authorization", value: "Basic " + coded, place: inHeader,
		secrets: []string{username, password, coded},
	}
}

func readBearer(r *setting.Reader, body hcl.Body) credential {
	var block struct {
		Token hcl.Expression `hcl:"token"`
	}
	r.Report(gohcl.DecodeBody(body, nil, &block))
	token := credentialText(r, block.Token, "token")
	return credential{
		kind: "bearer", name: "Authorization", value: "Bearer " + token, place: inHeader,
		secrets: []string{token},
	}
}

func readAPIKey(r *setting.Reader, body hcl.Body) credential {
	var block struct {
		Name  hcl.Expression `hcl:"name"`
		Value hcl.Expression `hcl:"value"`
		In    hcl.Expression `hcl:"in,optional"`
	}
	r.Report(gohcl.DecodeBody(body, nil, &block))
	c := credential{kind: "api_key", value: credentialText(r, block.Value, "value")}
	c.secrets = []string{c.value}
	switch r.OneOf(block.In, "header", "header", "query", "cookie") {
	case "query":
		c.place = inQuery
	case "cookie":
		c.place = inCookie
		checkCookie(r, block.Value, c.value)
	default:
		c.place = inHeader
	}
	c.name = readName(r, block.Name, c.place)
	return c
}

// readName reads where the key goes.
func readName(r *setting.Reader, x hcl.Expression, in place) string {
	before := len(r.Diagnostics())
	if !Required(r, x, "name") {
		return ""
	}
	name := r.String(x, "")
	switch {
	case len(r.Diagnostics()) > before:
	case name == "":
		r.Fail(x, "Empty name", "Say in which %s the key goes.", in)
	case in == inQuery:
	case !httpguts.ValidHeaderFieldName(name):
		r.Fail(x, "Invalid name", "%q cannot be the name of a %s.", name, in)
	case in == inHeader && reserved(http.CanonicalHeaderKey(name)) != "":
		r.Fail(x, "Reserved header", "%s", reserved(http.CanonicalHeaderKey(name)))
	}
	return name
}

func checkCookie(r *setting.Reader, at hcl.Expression, value string) {
	if strings.ContainsAny(value, "; ,\"\\") {
		r.Fail(at, "Invalid cookie", "The value has a character that no cookie can hold (RFC 6265, section 4.1.1).")
	}
}

func (p place) String() string {
	return [...]string{"nothing", "header", "parameter", "cookie"}[p]
}

// credentialText reads a secret that has to be there and to fit into a header.
func credentialText(r *setting.Reader, x hcl.Expression, name string) string {
	if !Required(r, x, name) {
		return ""
	}
	before := len(r.Diagnostics())
	text := r.Secret(x).Reveal()
	switch {
	case len(r.Diagnostics()) > before:
	case text == "":
		r.Fail(x, "Empty credential", "The value is empty: is the variable or file that it comes from filled?")
	case !httpguts.ValidHeaderFieldValue(text):
		r.Fail(x, "Invalid credential", "The value holds a line break or a control character, which no request can carry.")
	}
	return text
}
