package fetch

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Required is [setting.Reader.Required].
func Required(r *setting.Reader, x hcl.Expression, name string) bool { return r.Required(x, name) }

// SetBody evaluates what a POST sends: text as it is, anything else as JSON.
func (s *Settings) SetBody(r *setting.Reader, x hcl.Expression, eval *hcl.EvalContext) {
	marked, diags := x.Value(eval)
	r.Report(diags)
	if diags.HasErrors() {
		return
	}
	value, _ := marked.UnmarkDeep()
	switch {
	case !value.IsWhollyKnown() || value.IsNull():
		r.Fail(x, "Missing value", "body is null.")
		return
	case value.Type() == cty.String:
		s.Body = []byte(value.AsString())
	default:
		text, err := ctyjson.Marshal(value, value.Type())
		if err != nil {
			r.Fail(x, "Invalid body", "This cannot be written as JSON.")
			return
		}
		s.Body = text
	}
	if s.Header.Get("Content-Type") == "" && !jsontext.Value(s.Body).IsValid() {
		r.Fail(x, "Invalid body", "This is no JSON; for another format set the header Content-Type.")
	}
	if s.BodySecret = marked.ContainsMarked(); s.BodySecret {
		s.Conceal(texts(s.Body)...)
	}
}

// texts returns the strings in a JSON document, and a text that is none as a whole.
func texts(body []byte) []string {
	var found []string
	for dec := jsontext.NewDecoder(bytes.NewReader(body)); ; {
		token, err := dec.ReadToken()
		if err != nil {
			break
		}
		if token.Kind() == '"' {
			found = append(found, token.String())
		}
	}
	if !jsontext.Value(body).IsValid() {
		found = append(found, string(body))
	}
	return found
}
