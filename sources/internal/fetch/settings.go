package fetch

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential/wire"
)

// AuthBlock is the block auth "kind" { … }.
type AuthBlock = credential.Block

// Attributes are the expressions of a block that every HTTP source has. A nil one is absent.
type Attributes struct {
	URL           hcl.Expression // required
	Query         hcl.Expression
	Headers       hcl.Expression
	Conditional   hcl.Expression
	MaxBody       hcl.Expression
	MaxRedirects  hcl.Expression
	HeaderTimeout hcl.Expression
	IdleTimeout   hcl.Expression
	Auth          *AuthBlock
	AuthShared    hcl.Expression // a reference, such as auth.github
	Route         route.Attributes
}

// Settings are what a client is made of. A source sets Method, Accept, Body and Rules after [Read].
type Settings struct {
	URL         *url.URL // nil where it was reported
	Hidden      bool     // the URL is a secret beyond its host
	Method      string   // GET or POST
	Accept      string   // unless Header says otherwise
	Header      http.Header
	Body        []byte // of a POST, JSON unless Header says otherwise
	BodySecret  bool   // Body must not go to another origin
	Conditional bool
	Limits      Limits
	Rules       Rules // nil: there are none

	auth    credential.Credential // nil: none
	route   route.Route
	open    map[string]string // values of the query that may be shown, as they stand in the URL
	shown   []string          // parameters of the query whose values are always shown
	secrets []string
	loose   []string // parts of texts that hold a secret, which may be words of the config as well
}

// Limits bound one request. Each has an attribute that moves it.
type Limits struct {
	Body      setting.Bytes // max_body, after decompression
	Redirects int           // max_redirects
	Header    time.Duration // header_timeout: from the start of a request to the header of its answer, redirects included
	Idle      time.Duration // idle_timeout: between two reads of the body
}

// Read evaluates and checks the attributes. A body is at most maxBody unless max_body says otherwise.
func Read(r *setting.Reader, env bridge.Env, a Attributes, maxBody setting.Bytes) Settings {
	eval := env.Eval
	s := Settings{Method: http.MethodGet, Header: http.Header{}, open: map[string]string{}}
	s.readURL(r, eval, a.URL)
	s.readQuery(r, eval, a.Query)
	s.readHeaders(r, eval, a.Headers)
	if _, plays := playing(env); !plays { // no server is asked then, and none of this may be at hand
		s.auth = credential.Read(r, env, a.Auth, a.AuthShared)
		s.route = route.Read(r, env, a.Route)
	}
	if s.auth != nil && s.auth.Header() != "" && s.Header.Get(s.auth.Header()) != "" {
		r.Fail(a.Headers, "Two credentials", "The credential of auth and the header %s exclude each other.", s.auth.Header())
	}
	s.secrets = append(s.secrets, s.route.Secrets()...)
	s.Conditional = r.Bool(a.Conditional, true)
	s.Limits = Limits{
		Body:      r.Size(a.MaxBody, maxBody, setting.KiB, 64*setting.GiB),
		Redirects: r.Int(a.MaxRedirects, 5, 0, 50),
		Header:    r.Duration(a.HeaderTimeout, 30*time.Second, time.Millisecond, time.Hour),
		Idle:      r.Duration(a.IdleTimeout, 30*time.Second, time.Millisecond, time.Hour),
	}
	return s
}

func (s *Settings) readURL(r *setting.Reader, eval *hcl.EvalContext, x hcl.Expression) {
	before := len(r.Diagnostics())
	text := r.Secret(x).Reveal()
	if !Required(r, x, "url") || len(r.Diagnostics()) > before {
		return
	}
	u, err := url.Parse(text)
	if err != nil {
		r.Fail(x, "Invalid URL", "This is no URL that can be read.")
		return
	}
	if fault := faultOf(u); fault != "" {
		r.Fail(x, "Invalid URL", "%s", fault)
		return
	}
	s.URL = u
	if isSecret(x, eval) {
		s.Hidden = true
		s.Conceal(Parts(u)...)
		for name, values := range u.Query() {
			if looksSecret(name) {
				s.addSecret(values...)
			}
		}
		return
	}
	s.openQuery()
}

// Parts returns what a URL is made of beyond its host: the steps of its path, as they are written and as they
// are meant, and the values of its query.
func Parts(u *url.URL) []string {
	var parts []string
	for step := range strings.SplitSeq(u.EscapedPath(), "/") {
		parts = append(parts, step)
		if plain, err := url.PathUnescape(step); err == nil && plain != step {
			parts = append(parts, plain)
		}
	}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	return parts
}

// openQuery marks the values that stand plainly in the URL as such, but for those whose name says that
// they had better not.
func (s *Settings) openQuery() {
	for name, values := range s.URL.Query() {
		if looksSecret(name) {
			s.addSecret(values...)
		} else {
			s.open[name] = url.QueryEscape(values[0])
		}
	}
}

func faultOf(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "It has to be absolute, and to begin with http:// or https://."
	case u.Hostname() == "" || u.Opaque != "":
		return "It names no host."
	case u.User != nil:
		return "User name and password belong in a block auth \"basic\", not in the URL."
	case u.Fragment != "" || u.RawFragment != "":
		return "A fragment (#…) is never sent; leave it out."
	}
	return ""
}

func (s *Settings) readQuery(r *setting.Reader, eval *hcl.EvalContext, x hcl.Expression) {
	values := r.SecretMap(x)
	for _, name := range sorted(values) {
		value := values[name].Reveal()
		if !s.hide(name, value, isSecret(element(x, eval, name), eval)) {
			s.open[name] = url.QueryEscape(value)
		}
		if s.URL != nil {
			wire.SetQuery(s.URL, name, value)
		}
	}
}

func (s *Settings) readHeaders(r *setting.Reader, eval *hcl.EvalContext, x hcl.Expression) {
	values := r.SecretMap(x)
	for _, name := range sorted(values) {
		value, canonical := values[name].Reveal(), http.CanonicalHeaderKey(name)
		s.hide(name, value, isSecret(element(x, eval, name), eval))
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			r.Fail(x, "Invalid header", "%q cannot be the name of a header.", name)
		case !httpguts.ValidHeaderFieldValue(value):
			r.Fail(x, "Invalid header", "The value of %s holds a line break or a control character.", canonical)
		case wire.Reserved(canonical) != "":
			r.Fail(x, "Reserved header", "%s", wire.Reserved(canonical))
		case s.Header[canonical] != nil:
			r.Fail(x, "Header given twice", "%s stands here twice, in different spellings.", canonical)
		default:
			s.Header[canonical] = []string{value}
		}
	}
}

// Show names a parameter of the query whose value traces show: one that counts the pages, or that tells a time.
func (s *Settings) Show(param string) { s.shown = append(s.shown, param) }

// Conceal hides parts of what holds a secret, or may hold one.
func (s *Settings) Conceal(values ...string) {
	s.loose = append(s.loose, values...)
	s.loose = append(s.loose, words(values)...)
}

// hide hides the value of a parameter or header that is a secret, or looks like one by its name, and reports whether
// it did.
func (s *Settings) hide(name, value string, secret bool) bool {
	switch {
	case looksSecret(name):
		s.addSecret(value)
	case secret:
		s.secrets = append(s.secrets, value)
		s.loose = append(s.loose, words([]string{value})...)
	}
	return secret || looksSecret(name)
}

// ConcealBody hides the texts of a body that comes into a request beyond the settings, and keeps such bodies
// from other origins.
func (s *Settings) ConcealBody(body []byte) {
	s.BodySecret = true
	s.Conceal(texts(body)...)
}

// addSecret hides values, and their words.
func (s *Settings) addSecret(values ...string) {
	s.secrets = append(s.secrets, values...)
	s.secrets = append(s.secrets, words(values)...)
}

// words returns those that are long enough to be a secret of their own: of "Bearer s3cret" a server may repeat the
// second only.
func words(values []string) []string {
	const longEnough = 8
	var found []string
	for _, value := range values {
		for _, word := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(" =:;,&", c) }) {
			if len(word) >= longEnough {
				found = append(found, word)
			}
		}
	}
	return found
}

// looksSecret reports whether a header or parameter of that name holds a credential by the look of it.
func looksSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(
		[]string{"auth", "cookie", "credential", "key", "pass", "secret", "session", "sig", "token"},
		func(part string) bool { return strings.Contains(name, part) },
	)
}

func sorted(m map[string]setting.Secret) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
