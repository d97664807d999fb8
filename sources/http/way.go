package http

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// byLink follows the Link header.
type byLink struct{}

func (byLink) first() place { return place{} }

func (byLink) next(p *page, _ expr.Scope) (*place, error) {
	fields := p.answer.Header.Values("Link")
	target, doubt := fetch.Next(fields, "next")
	switch {
	case doubt:
		return nil, fmt.Errorf("the header Link cannot be read, and speaks of a next page: %.200q", strings.Join(fields, ", "))
	case target == "":
		return nil, nil
	}
	return resolve(p, target)
}

// byURL follows what an expression says.
type byURL struct{ url *expr.Expr }

func (byURL) first() place { return place{} }

func (b byURL) next(p *page, scope expr.Scope) (*place, error) {
	target, err := textOf(b.url, "url", scope)
	if err != nil || target == "" {
		return nil, err
	}
	return resolve(p, target)
}

// textOf evaluates to text without white space around it; null is the empty text.
func textOf(x *expr.Expr, name string, scope expr.Scope) (string, error) {
	value, err := x.Value(scope)
	switch {
	case err != nil:
		return "", fmt.Errorf("evaluate %s: %w", name, err)
	case value.IsNull():
		return "", nil
	case value.Type() != cty.String || !value.IsKnown():
		return "", fmt.Errorf("%s is %s, not text", name, value.Type().FriendlyName())
	}
	return strings.TrimSpace(value.AsString()), nil
}

// resolve reads a target against the URL that answered (RFC 3986, section 5.1.3).
func resolve(p *page, target string) (*place, error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return nil, errors.New("the URL of the next page cannot be read")
	}
	return &place{url: p.answer.URL.ResolveReference(parsed)}, nil
}

// byNumber counts pages. Without a stop rule it ends after an empty page, or after one with fewer items than
// were asked for, unless a Link header names a next one: the server gives less than it is asked for then.
type byNumber struct {
	start, size int
	ruled       bool // there is a stop rule
}

func (n byNumber) first() place { return number(n.start) }

func (n byNumber) next(p *page, _ expr.Scope) (*place, error) {
	linked := fetch.Leads(p.answer.Header.Values("Link"), "next")
	if !n.ruled && (p.items == 0 || p.items < n.size && !linked) {
		return nil, nil
	}
	next := number(n.start + p.number)
	return &next, nil
}

// byOffset counts items, those that came and not those that were asked for: many servers give fewer than
// that. It ends after an empty page; under a stop rule, which may know of more, it goes on past one.
type byOffset struct {
	start, size int
	ruled       bool
}

func (n byOffset) first() place { return number(n.start) }

func (n byOffset) next(p *page, _ expr.Scope) (*place, error) {
	if p.items == 0 && !n.ruled {
		return nil, nil
	}
	at, err := strconv.Atoi(string(p.place.value))
	if err != nil {
		return nil, fmt.Errorf("read offset: %w", err)
	}
	step := p.items
	if step == 0 {
		step = n.size
	}
	next := number(at + step)
	return &next, nil
}

func number(n int) place { return place{value: strconv.AppendInt(nil, int64(n), 10)} }

// longestToken bounds what a server may name as the next page.
const longestToken = 16 << 10

// byCursor hands a token of each answer back. Null, false and the empty text end the listing, and that is a
// contradiction where a stop rule says that this is not the last page.
type byCursor struct {
	value *expr.Expr
	ruled bool
}

func (byCursor) first() place { return place{} }

func (b byCursor) next(p *page, scope expr.Scope) (*place, error) {
	token, err := tokenOf(b.value, "value", scope)
	switch {
	case err != nil:
		return nil, err
	case token == nil && b.ruled:
		return nil, errors.New("there is no value for a next page, though stop does not say that this is the last one")
	case token == nil:
		return nil, nil
	}
	return &place{value: token}, nil
}

// tokenOf evaluates to text or a number, as JSON; nil where there is none.
func tokenOf(x *expr.Expr, name string, scope expr.Scope) ([]byte, error) {
	token, err := x.JSON(scope)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", name, err)
	}
	switch text := string(token); {
	case text == "null", text == "false", text == `""`:
		return nil, nil
	case len(token) > longestToken:
		return nil, fmt.Errorf("%s has %d bytes, and %d is the most", name, len(token), longestToken)
	case token[0] == '{', token[0] == '[', text == "true":
		return nil, fmt.Errorf("%s is neither text nor a number", name)
	}
	return token, nil
}
