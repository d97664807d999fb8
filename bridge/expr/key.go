package expr

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// itemRoot is the variable that a key reads.
const itemRoot = "item"

// A Key reads an item's key off its bytes. It is safe for concurrent use.
type Key struct {
	parts []keyPart // of a path, or a template of paths
	rich  *Expr     // of any other expression
}

// keyPart is a literal or a path.
type keyPart struct {
	literal string
	path    document.Path // in force where there is no literal
}

// CompileKey compiles `item.id`, a template of such paths, or any other expression over item. In a key,
// other than elsewhere, a part that is null is a mistake: the item has no key then.
func CompileKey(x hcl.Expression, eval *hcl.EvalContext) (*Key, hcl.Diagnostics) {
	rich, diags := compile(x, eval, []string{itemRoot}, true)
	switch {
	case diags.HasErrors():
		return nil, diags
	case rich.Sensitive():
		return nil, setting.Wrong(x.Range(), "Secret in a key", "A key is shown in events and listings.")
	case len(rich.Refs()) == 0:
		return nil, setting.Wrong(x.Range(), "Key without an item",
			"The key must read something of the item, such as item.id: else all items would have the same one.")
	}
	if parts, ok := plainParts(x); ok {
		return &Key{parts: parts}, nil
	}
	return &Key{rich: rich}, nil
}

// plainParts takes a path, or a template of literals and paths, apart.
func plainParts(x hcl.Expression) ([]keyPart, bool) {
	switch x := x.(type) {
	case *hclsyntax.TemplateWrapExpr:
		return plainParts(x.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		return plainParts(x.Expression)
	case *hclsyntax.TemplateExpr:
		return templateParts(x)
	case *hclsyntax.ScopeTraversalExpr:
		path, diags := stepsOf(x.Traversal[1:])
		return []keyPart{{path: path}}, !diags.HasErrors()
	}
	return nil, false
}

func templateParts(x *hclsyntax.TemplateExpr) ([]keyPart, bool) {
	var parts []keyPart
	for _, part := range x.Parts {
		switch part := part.(type) {
		case *hclsyntax.LiteralValueExpr:
			if part.Val.IsNull() || part.Val.Type() != cty.String {
				return nil, false
			}
			parts = append(parts, keyPart{literal: part.Val.AsString()})
		case *hclsyntax.ScopeTraversalExpr:
			path, diags := stepsOf(part.Traversal[1:])
			if diags.HasErrors() {
				return nil, false
			}
			parts = append(parts, keyPart{path: path})
		default:
			return nil, false
		}
	}
	return parts, true
}

// Of returns the key of an item; the error says that it has none.
func (k *Key) Of(item []byte) (string, error) {
	if k.rich != nil {
		return k.evaluate(item)
	}
	var room [128]byte
	key := room[:0]
	for _, part := range k.parts {
		if part.literal != "" {
			key = append(key, part.literal...)
			continue
		}
		raw, ok := part.path.Find(item), false
		if key, ok = document.AppendText(key, raw); !ok {
			return "", noKey(part.path, raw)
		}
	}
	return string(key), nil
}

func (k *Key) evaluate(item []byte) (string, error) {
	raw, err := k.rich.JSON(Scope{Read: func(ref Ref) []byte { return ref.Path.Find(item) }})
	if err == nil {
		if key, ok := document.Text(raw); ok {
			return key, nil
		}
	}
	for _, ref := range k.rich.Refs() {
		if value := ref.Path.Find(item); len(value) == 0 || value[0] == 'n' {
			return "", noKey(ref.Path, value)
		}
	}
	if err != nil {
		return "", fmt.Errorf("no key: %w", err)
	}
	return "", errors.New("no key: the expression gives " + describe(raw))
}

func noKey(path document.Path, found []byte) error {
	return fmt.Errorf("no key: %s%s is %s", itemRoot, path, describe(found))
}

// describe says what stands where a key was looked for.
func describe(raw []byte) string {
	if len(raw) == 0 {
		return "absent"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 'n':
		return "null"
	}
	return "the empty string"
}
