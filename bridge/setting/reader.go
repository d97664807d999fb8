// Package setting reads the attributes of one configuration block: gohcl takes a block apart into
// expressions, a [Reader] turns these into durations, sizes, rates, secrets and plain values with bounds
// and defaults. Every mistake becomes a diagnostic with the attribute's own range, and none stops the
// reading, so that an operator sees all of them at once.
package setting

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A Reader evaluates expressions and gathers what is wrong with them. It is for one goroutine. Each method
// returns the default where the expression is absent, null, or was reported.
type Reader struct {
	eval  *hcl.EvalContext
	diags hcl.Diagnostics
}

// NewReader makes a reader that evaluates with the functions and variables of eval.
func NewReader(eval *hcl.EvalContext) *Reader { return &Reader{eval: eval} }

// Diagnostics returns all that was reported so far.
func (r *Reader) Diagnostics() hcl.Diagnostics { return r.diags }

// Report adds diagnostics that were found elsewhere.
func (r *Reader) Report(diags hcl.Diagnostics) { r.diags = append(r.diags, diags...) }

// Fail reports a mistake at the expression.
func (r *Reader) Fail(at hcl.Expression, summary, detail string, args ...any) {
	r.Report(Wrong(at.Range(), summary, detail, args...))
}

// Wrong is a single error diagnostic: a terse summary, and a detail that says what to do.
func Wrong(at hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &at,
	}}
}

// Given reports whether the attribute was written, as anything but a plain null.
func Given(x hcl.Expression) bool {
	if x == nil {
		return false
	}
	// gohcl stands an absent attribute in as a static null, which reads no variable and has no text.
	value, diags := x.Value(nil)
	return diags.HasErrors() || value.IsMarked() || !value.IsNull()
}

// Required reports whether a required attribute has a value, and reports the mistake where it has none.
// (gohcl asks for no attribute whose expression it hands over as it is.)
func (r *Reader) Required(x hcl.Expression, name string) bool {
	if Given(x) {
		return true
	}
	if x != nil {
		r.Fail(x, "Missing required argument", "The argument %q is required, and has no value here.", name)
	}
	return false
}

// String reads text that is no secret.
func (r *Reader) String(x hcl.Expression, otherwise string) string {
	value, ok := r.plain(x, cty.String)
	if !ok {
		return otherwise
	}
	return value.AsString()
}

// Bool reads true or false.
func (r *Reader) Bool(x hcl.Expression, otherwise bool) bool {
	value, ok := r.plain(x, cty.Bool)
	if !ok {
		return otherwise
	}
	return value.True()
}

// Int reads a whole number from low to high.
func (r *Reader) Int(x hcl.Expression, otherwise, low, high int) int {
	value, ok := r.plain(x, cty.Number)
	if !ok {
		return otherwise
	}
	number, accuracy := value.AsBigFloat().Int64()
	if accuracy != 0 || number < int64(low) || number > int64(high) {
		r.Fail(x, "Number out of range", "This takes a whole number from %d to %d.", low, high)
		return otherwise
	}
	return int(number)
}

// Strings reads a list of texts that are no secrets. An empty list is not nil.
func (r *Reader) Strings(x hcl.Expression) []string {
	value, ok := r.plain(x, cty.List(cty.String))
	if !ok {
		return nil
	}
	texts := []string{}
	for _, element := range value.AsValueSlice() {
		if element.IsNull() {
			r.Fail(x, "Null in a list", "Each element must be text.")
			return nil
		}
		texts = append(texts, element.AsString())
	}
	return texts
}

// OneOf reads one of a few words; a near miss is answered with the word that was probably meant.
func (r *Reader) OneOf(x hcl.Expression, otherwise string, words ...string) string {
	word := r.String(x, otherwise)
	if slices.Contains(words, word) {
		return word
	}
	if word != otherwise {
		r.Fail(x, "Unknown value", "%q is none of %s.%s", word, strings.Join(words, ", "), Suggest(word, words))
	}
	return otherwise
}

// Suggest says which of the names the given one is nearest to, as a sentence with a space before it, and
// is empty where none is near.
func Suggest(given string, names []string) string {
	best, distance := "", 3
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// plain evaluates to a known value of the type, and refuses secrets.
func (r *Reader) plain(x hcl.Expression, want cty.Type) (cty.Value, bool) {
	value, ok := r.value(x, want)
	if ok && value.ContainsMarked() {
		r.Fail(x, "Secret in a plain place",
			"This attribute is shown in logs and listings, so that it cannot hold a secret. "+
				"Wrap the value as nonsensitive(…) if it is none.")
		return cty.NilVal, false
	}
	return value, ok
}

// value evaluates to a value of the type, which may be marked; ok is false for absent and wrong ones.
func (r *Reader) value(x hcl.Expression, want cty.Type) (cty.Value, bool) {
	if x == nil {
		return cty.NilVal, false
	}
	value, diags := x.Value(r.eval)
	r.Report(diags)
	if diags.HasErrors() || unmarked(value).IsNull() {
		return cty.NilVal, false
	}
	converted, err := convert.Convert(value, want)
	if err != nil {
		r.Fail(x, "Wrong type of value", "This takes %s: %s.", want.FriendlyNameForConstraint(), hide(value, err))
		return cty.NilVal, false
	}
	if !converted.IsWhollyKnown() || unmarked(converted).IsNull() {
		return cty.NilVal, false
	}
	return converted, true
}

func unmarked(value cty.Value) cty.Value {
	plain, _ := value.Unmark()
	return plain
}

// hide keeps a secret out of the text of an error about it.
func hide(value cty.Value, err error) string {
	if value.ContainsMarked() {
		return "the secret given is of another type"
	}
	return err.Error()
}
