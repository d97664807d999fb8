package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// shortestSecret is what is looked for in texts: a shorter one would be found in every word.
const shortestSecret = 4

// conceal takes out of a diagnostic what could tell a secret: the context of evaluation always, since it holds
// values; the details where they were made of the values of an expression that reads secrets; and whatever is
// the text of a secret, which a plugin may have quoted.
func (l *loader) conceal(diags hcl.Diagnostics) hcl.Diagnostics {
	replacer := l.replacer()
	open := make(hcl.Diagnostics, 0, len(diags))
	for _, d := range diags {
		plain := strip(d)
		if ofValues(d) && l.inSecretAttribute(d.Subject) {
			plain.Detail = "The expression reads a secret, so that the details are not shown."
		}
		if d.Subject != nil && l.config.Files[d.Subject.Filename] == nil {
			plain.Subject, plain.Context = nil, nil // a block that nobody wrote
		}
		plain.Summary, plain.Detail = replacer.Replace(plain.Summary), replacer.Replace(plain.Detail)
		open = append(open, plain)
	}
	return open
}

// strip copies a diagnostic without the values that came with it.
func strip(d *hcl.Diagnostic) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: d.Severity, Summary: d.Summary, Detail: d.Detail, Subject: d.Subject, Context: d.Context,
	}
}

// ofValues reports whether the language may have made the details of a diagnostic out of values, rather than
// of the words of the file alone.
func ofValues(d *hcl.Diagnostic) bool {
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok {
		return !setting.IsSecretFunction(call.CalledFunctionName()) && call.FunctionCallError() != nil
	}
	switch d.Summary {
	case "Call to unknown function", "Variables not allowed", "Unknown variable":
		return false
	case "Duplicate object key", "Invalid object key", "Incorrect key type", "Invalid index", "Unsupported attribute",
		"Missing map element", "Inconsistent conditional result types", "Incorrect condition type",
		"Invalid 'for' condition", "Invalid operand", "Operation failed", "Error in function call",
		"Invalid function argument", "Invalid template interpolation value":
		return true
	}
	return d.Expression != nil
}

// replacer puts [setting.Hidden] in the place of each secret that was read, the longest first.
func (l *loader) replacer() *strings.Replacer {
	var texts []string
	for _, lookup := range l.lookups {
		for _, r := range lookup.Readings() {
			if text := r.Value.Reveal(); len(text) >= shortestSecret {
				quoted := strconv.Quote(text)
				texts = append(texts, text, quoted[1:len(quoted)-1])
			}
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, text := range slices.Compact(texts) {
		pairs = append(pairs, text, setting.Hidden)
	}
	return strings.NewReplacer(pairs...)
}

// inSecretAttribute reports whether the range lies in an attribute whose expression reads a secret.
func (l *loader) inSecretAttribute(at *hcl.Range) bool {
	if at == nil || l.config.Files[at.Filename] == nil {
		return true
	}
	body, _ := l.config.Files[at.Filename].Body.(*hclsyntax.Body)
	for body != nil {
		for _, attribute := range body.Attributes {
			if attribute.SrcRange.ContainsPos(at.Start) {
				return readsSecret(attribute.Expr)
			}
		}
		body = inner(body, at.Start)
	}
	return true
}

func inner(body *hclsyntax.Body, at hcl.Pos) *hclsyntax.Body {
	for _, block := range body.Blocks {
		if block.Body.Range().ContainsPos(at) {
			return block.Body
		}
	}
	return nil
}

// readsSecret reports whether an expression calls a function that yields secrets.
func readsSecret(x hclsyntax.Expression) bool {
	found := false
	_ = hclsyntax.VisitAll(x, func(node hclsyntax.Node) hcl.Diagnostics {
		call, ok := node.(*hclsyntax.FunctionCallExpr)
		found = found || ok && setting.IsSecretFunction(call.Name)
		return nil
	})
	return found
}
