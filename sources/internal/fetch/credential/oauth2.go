package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/veil"
)

// oauthBlock is the body of auth "oauth2".
type oauthBlock struct {
	Grant        hcl.Expression `hcl:"grant,optional"`
	TokenURL     hcl.Expression `hcl:"token_url"`
	ClientID     hcl.Expression `hcl:"client_id"`
	ClientSecret hcl.Expression `hcl:"client_secret,optional"`
	RefreshToken hcl.Expression `hcl:"refresh_token,optional"`
	Scopes       hcl.Expression `hcl:"scopes,optional"`
	Params       hcl.Expression `hcl:"params,optional"`
}

// oauth gets access tokens (RFC 6749) by a client's own credentials, or by a refresh token.
type oauth struct {
	hidden       *hidden
	tokenURL     string
	clientID     *setting.Live
	clientSecret *setting.Live
	scopes       []string
	params       url.Values
	refresh      *refreshing // nil: by the client's own credentials
	style        atomic.Int32
}

func (o *opening) oauth2() Credential {
	var b oauthBlock
	o.Report(gohcl.DecodeBody(o.body, nil, &b))
	a := &oauth{
		hidden: &hidden{}, tokenURL: o.endpoint(b.TokenURL, "token_url"), clientID: o.live(b.ClientID, "client_id", nil),
		scopes: o.Strings(b.Scopes), params: o.params(b.Params),
	}
	from := []*setting.Live{a.clientID}
	grant := o.OneOf(b.Grant, "client_credentials", "client_credentials", "refresh_token")
	if grant == "refresh_token" {
		a.clientSecret = o.optional(b.ClientSecret)
		a.refresh = &refreshing{keep: o.env.Keep, name: o.keep, configured: o.live(b.RefreshToken, "refresh_token", nil)}
		from = append(from, a.refresh.configured)
	} else {
		a.clientSecret = o.live(b.ClientSecret, "client_secret", nil)
		if setting.Given(b.RefreshToken) {
			o.Fail(b.RefreshToken, "Unused refresh token", "It is for grant = \"refresh_token\".")
		}
	}
	from = append(from, a.clientSecret)
	a.hide()
	return &carried{
		hidden: a.hidden, kind: "oauth2", place: inHeader, name: "Authorization",
		supply: newTokens(a.hidden, a.ask, from...),
	}
}

// params reads what goes to the token endpoint besides what OAuth asks for.
func (o *opening) params(x hcl.Expression) url.Values {
	params := url.Values{}
	for name, value := range o.SecretMap(x) {
		switch name {
		case "client_id", "client_secret", "refresh_token", "scope", "grant_type":
			o.Fail(x, "Reserved parameter", "%s is set by itself; see the other attributes.", name)
		}
		params.Set(name, value.Reveal())
	}
	return params
}

// endpoint reads the URL of a server that gives out tokens.
func (o *opening) endpoint(x hcl.Expression, name string) string {
	if !o.Required(x, name) {
		return ""
	}
	before := len(o.Diagnostics())
	text := o.Secret(x).Reveal()
	u, err := url.Parse(text)
	switch {
	case len(o.Diagnostics()) > before:
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		o.Fail(x, "Invalid URL", "It has to be absolute, and to begin with https:// or http://.")
	case u.User != nil || u.Fragment != "":
		o.Fail(x, "Invalid URL", "It takes neither a user name nor a fragment.")
	}
	return text
}

// hide notes what the request for a token holds.
func (a *oauth) hide() {
	a.hidden.hide(a.clientSecret.Reveal())
	for _, values := range a.params {
		a.hidden.hide(values...)
	}
	if u, err := url.Parse(a.tokenURL); err == nil {
		for _, values := range u.Query() {
			a.hidden.hide(values...)
		}
	}
}

func (a *oauth) ask(ctx context.Context, through *http.Client) (token, error) {
	a.hide()
	var got *oauth2.Token
	var err error
	if a.refresh != nil {
		got, err = a.refreshed(ctx, through)
	} else {
		got, err = a.request(ctx, through, a.params)
	}
	if err != nil {
		return token{}, fmt.Errorf("get token from %s: %w", serverOf(a.tokenURL), err)
	}
	var life time.Duration
	if !got.Expiry.IsZero() {
		life = max(time.Until(got.Expiry), time.Nanosecond)
	}
	a.hidden.hide(got.AccessToken, got.RefreshToken)
	return lasting(got.Type()+" "+got.AccessToken, life), nil
}

// request asks the token endpoint. A client shows who it is in a header, and where the server takes that for
// nobody, in the body (RFC 6749, section 2.3.1); what has worked is what is done from then on. No other answer
// makes it ask twice, since a refresh token may be good for once.
func (a *oauth) request(ctx context.Context, through *http.Client, params url.Values) (*oauth2.Token, error) {
	style := oauth2.AuthStyle(a.style.Load())
	if a.clientSecret.Reveal() == "" {
		style = oauth2.AuthStyleInParams
	}
	if style != oauth2.AuthStyleAutoDetect {
		return a.requestAs(ctx, through, params, style)
	}
	got, err := a.requestAs(ctx, through, params, oauth2.AuthStyleInHeader)
	if no, ok := errors.AsType[*Refusal](err); ok && (no.Status == http.StatusUnauthorized || isInvalidClient(err)) {
		return a.requestAs(ctx, through, params, oauth2.AuthStyleInParams)
	}
	return got, err
}

func (a *oauth) requestAs(
	ctx context.Context, through *http.Client, params url.Values, style oauth2.AuthStyle,
) (*oauth2.Token, error) {
	config := clientcredentials.Config{
		ClientID: a.clientID.Reveal(), ClientSecret: a.clientSecret.Reveal(), TokenURL: a.tokenURL,
		Scopes: a.scopes, EndpointParams: params, AuthStyle: style,
	}
	got, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, through))
	if err != nil {
		return nil, a.told(ctx, err)
	}
	a.style.Store(int32(style))
	return got, nil
}

// told makes an error of the library one of ours, that says no more than it should.
func (a *oauth) told(ctx context.Context, err error) error {
	no, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || no.Response == nil {
		return explain(ctx, err)
	}
	said := ""
	if no.ErrorCode != "" {
		secrets, _ := a.hidden.Secrets()
		said = veil.New(shortest, secrets...).Text(no.ErrorCode + " " + no.ErrorDescription) // before it is cut
		said = fmt.Sprintf("%.200q", strings.TrimSpace(said))
	}
	refusal := refused(no.Response, said)
	if no.ErrorCode == "invalid_client" || no.ErrorCode == "invalid_grant" {
		return &rejection{refusal, no.ErrorCode}
	}
	return refusal
}

// shortest is the length below which a text is no secret.
const shortest = 4

// A rejection is a refusal with one of the codes of RFC 6749, section 5.2.
type rejection struct {
	*Refusal
	code string
}

func (r *rejection) Unwrap() error { return r.Refusal }

func isInvalidClient(err error) bool { return isRejection(err, "invalid_client") }

func isRejection(err error, code string) bool {
	r, ok := errors.AsType[*rejection](err)
	return ok && r.code == code
}

// serverOf shows where a URL leads, and nothing that may be a secret in it.
func serverOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "the server"
	}
	return u.Scheme + "://" + u.Host
}
