package expr

import (
	"errors"
	"fmt"
	"slices"

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
	ref     Ref // in force where there is no literal
}

// CompileKey compiles `item.id`, a template of such paths, or any other expression over item and the further
// roots. In a key, other than elsewhere, a part that is null is a mistake: the item has no key then.
func CompileKey(x hcl.Expression, eval *hcl.EvalContext, further ...string) (*Key, hcl.Diagnostics) {
	rich, diags := compile(x, eval, append([]string{itemRoot}, further...), true)
	ofItem := func(ref Ref) bool { return ref.Root == itemRoot }
	switch {
	case diags.HasErrors():
		return nil, diags
	case rich.Sensitive():
		return nil, setting.Wrong(x.Range(), "Secret in a key", "A key is shown in events and listings.")
	case !slices.ContainsFunc(rich.Refs(), ofItem):
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
		part, ok := refPart(x)
		return []keyPart{part}, ok
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
			read, ok := refPart(part)
			if !ok {
				return nil, false
			}
			parts = append(parts, read)
		default:
			return nil, false
		}
	}
	return parts, true
}

func refPart(x *hclsyntax.ScopeTraversalExpr) (keyPart, bool) {
	path, diags := stepsOf(x.Traversal[1:])
	return keyPart{ref: Ref{x.Traversal.RootName(), path}}, !diags.HasErrors()
}

// Of returns the key of an item; the error says that it has none.
func (k *Key) Of(item []byte) (string, error) { return k.Within(item, Scope{}) }

// Within is Of where the key reads further roots, off around.
func (k *Key) Within(item []byte, around Scope) (string, error) {
	if k.rich != nil {
		return k.evaluate(item, around)
	}
	var room [128]byte
	key := room[:0]
	for _, part := range k.parts {
		if part.literal != "" {
			key = append(key, part.literal...)
			continue
		}
		raw, ok := part.ref.in(item, around), false
		if key, ok = document.AppendText(key, raw); !ok {
			return "", noKey(part.ref, raw)
		}
	}
	return string(key), nil
}

// Members returns the names of the members of an item that the key reads, or reads in.
func (k *Key) Members() (names []string) {
	for _, ref := range k.refs() {
		if ref.Root == itemRoot && len(ref.Path) > 0 && ref.Path[0].Kind == document.Member {
			names = append(names, ref.Path[0].Name)
		}
	}
	return names
}

func (k *Key) refs() (refs []Ref) {
	if k.rich != nil {
		return k.rich.Refs()
	}
	for _, part := range k.parts {
		if part.literal == "" {
			refs = append(refs, part.ref)
		}
	}
	return refs
}

func (r Ref) in(item []byte, around Scope) []byte {
	if r.Root == itemRoot {
		return r.Path.Find(item)
	}
	return around.Read(r)
}

func (k *Key) evaluate(item []byte, around Scope) (string, error) {
	raw, err := k.rich.JSON(Scope{Read: func(ref Ref) []byte { return ref.in(item, around) }})
	if err == nil {
		if key, ok := document.Text(raw); ok {
			return key, nil
		}
	}
	for _, ref := range k.rich.Refs() {
		if value := ref.in(item, around); len(value) == 0 || value[0] == 'n' {
			return "", noKey(ref, value)
		}
	}
	if err != nil {
		return "", fmt.Errorf("no key: %w", err)
	}
	return "", errors.New("no key: the expression gives " + describe(raw))
}

func noKey(ref Ref, found []byte) error {
	return fmt.Errorf("no key: %s is %s", ref, describe(found))
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
