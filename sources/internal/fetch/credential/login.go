package credential

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential/wire"
)

// loginBlock is the body of auth "login".
type loginBlock struct {
	URL      hcl.Expression `hcl:"url"`
	Method   hcl.Expression `hcl:"method,optional"`
	Body     hcl.Expression `hcl:"body,optional"`
	Token    hcl.Expression `hcl:"token"`
	Header   hcl.Expression `hcl:"header,optional"`
	Lifetime hcl.Expression `hcl:"lifetime,optional"`
}

// login gets a token from an endpoint of the API's own. The token goes into the header that the block names, as
// it is; without a name it goes into Authorization, as a bearer token.
type login struct {
	hidden   *hidden
	url      string
	method   string
	body     *setting.Live
	bearer   bool
	token    *expr.Expr
	lifetime time.Duration // 0: until the API refuses the token
}

func (o *opening) login() Credential {
	var b loginBlock
	o.Report(gohcl.DecodeBody(o.body, nil, &b))
	l := &login{
		hidden: &hidden{}, url: o.endpoint(b.URL, "url"), bearer: !setting.Given(b.Header),
		method:   o.OneOf(b.Method, http.MethodPost, http.MethodPost, http.MethodGet, http.MethodPut),
		lifetime: o.Duration(b.Lifetime, 0, time.Second, 365*24*time.Hour),
	}
	l.body = o.loginBody(b.Body, l.hidden)
	name := "Authorization"
	if !l.bearer {
		name = o.headerOf(b.Header)
	}
	if o.Required(b.Token, "token") {
		token, diags := expr.Compile(b.Token, o.eval, "body", "headers", "status")
		o.Report(diags)
		l.token = token
	}
	return &carried{hidden: l.hidden, kind: "login", place: inHeader, name: name, supply: newTokens(l.hidden, l.ask, l.body)}
}

func (o *opening) headerOf(x hcl.Expression) string {
	name := o.String(x, "")
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		o.Fail(x, "Invalid name", "%q cannot be the name of a header.", name)
	case wire.Reserved(canonical) != "":
		o.Fail(x, "Reserved header", "%s", wire.Reserved(canonical))
	}
	return name
}

// loginBody reads the body: text as it is, anything else as JSON. The files in it are followed.
func (o *opening) loginBody(x hcl.Expression, h *hidden) *setting.Live {
	if !setting.Given(x) {
		return o.Live(nil, nil)
	}
	return o.Live(written{x, h}, nil)
}

// written is an expression whose value is written as text, and whose secrets are hidden.
type written struct {
	hcl.Expression
	hidden *hidden
}

func (w written) Value(eval *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	marked, diags := w.Expression.Value(eval)
	value, marks := marked.UnmarkDeep()
	if diags.HasErrors() {
		return marked, diags
	}
	w.hidden.hide(marksIn(marked)...)
	if value.Type() == cty.String {
		return marked, diags
	}
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		return cty.NilVal, setting.Wrong(w.Range(), "Invalid body", "This cannot be written as JSON.")
	}
	return cty.StringVal(string(text)).WithMarks(marks), diags
}

// marksIn returns the texts in a value that come from secrets, and the parts of those that are forms.
func marksIn(value cty.Value) (texts []string) {
	_ = cty.Walk(value, func(_ cty.Path, v cty.Value) (bool, error) {
		if !v.IsMarked() {
			return true, nil
		}
		plain, _ := v.UnmarkDeep()
		_ = cty.Walk(plain, func(_ cty.Path, leaf cty.Value) (bool, error) {
			if leaf.Type() == cty.String && leaf.IsKnown() && !leaf.IsNull() {
				texts = append(texts, leaf.AsString())
				texts = append(texts, fields(leaf.AsString())...)
			}
			return true, nil
		})
		return false, nil
	})
	return texts
}

// fields returns the values of a form.
func fields(text string) (values []string) {
	for pair := range strings.SplitSeq(text, "&") {
		if _, value, found := strings.Cut(pair, "="); found {
			plain, _ := url.QueryUnescape(value)
			values = append(values, value, plain)
		}
	}
	return values
}

func (l *login) ask(ctx context.Context, through *http.Client) (token, error) {
	text, err := l.request(ctx, through)
	if err != nil {
		return token{}, fmt.Errorf("log in at %s: %w", serverOf(l.url), err)
	}
	l.hidden.hide(text)
	if l.bearer {
		text = "Bearer " + text
	}
	return lasting(text, l.lifetime), nil
}

func (l *login) request(ctx context.Context, through *http.Client) (string, error) {
	body := []byte(l.body.Reveal())
	req, err := http.NewRequestWithContext(ctx, l.method, l.url, bytes.NewReader(body))
	if err != nil {
		return "", explain(ctx, err)
	}
	req.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		req.Header.Set("Content-Type", contentType(body))
	}
	resp, err := through.Do(req)
	if err != nil {
		return "", explain(ctx, err)
	}
	defer resp.Body.Close()
	return l.read(ctx, resp)
}

// contentType tells JSON from the fields of a form.
func contentType(body []byte) string {
	if jsontext.Value(body).IsValid() {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

func (l *login) read(ctx context.Context, resp *http.Response) (string, error) {
	body, err := readAll(resp.Body)
	if err != nil {
		return "", explain(ctx, err)
	}
	if resp.StatusCode/100 != 2 {
		return "", refused(resp, "") // what it says may repeat what was sent
	}
	value, err := l.token.Value(scopeOf(resp, body))
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	text, err := convert.Convert(value, cty.String)
	if err != nil || text.IsNull() || text.AsString() == "" {
		return "", errors.New("the answer holds no token where the attribute token looks for it")
	}
	return text.AsString(), nil
}

// scopeOf is what the expression of the token reads of an answer.
func scopeOf(resp *http.Response, body []byte) expr.Scope {
	return expr.Scope{Read: func(ref expr.Ref) []byte {
		switch ref.Root {
		case "status":
			return ref.Path.Find([]byte(strconv.Itoa(resp.StatusCode)))
		case "headers":
			return ref.Path.Find(headersOf(resp.Header))
		}
		if !jsontext.Value(body).IsValid() {
			return nil
		}
		return ref.Path.Find(body)
	}}
}

// headersOf writes headers as an object, their names in lower case.
func headersOf(header http.Header) []byte {
	members := make(map[string]string, len(header))
	for name, values := range header {
		members[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "�")
	}
	object, err := json.Marshal(members)
	if err != nil {
		panic(err) // a map of texts
	}
	return object
}
