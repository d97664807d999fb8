package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// fingerprint identifies a request. Credentials are not in it: an ETag names a representation for whoever
// asks, and a hash of a weak password would help to guess it.
func (s Settings) fingerprint(parts []string) string {
	header := s.Header.Clone()
	header.Del("Authorization")
	header.Del("Cookie")
	text, err := json.Marshal([]any{
		memoryVersion, s.Method, s.URL.String(), header, s.Body, s.authKind(), parts,
	})
	if err != nil {
		panic(err) // texts only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (s Settings) authKind() string {
	if s.auth == nil {
		return ""
	}
	return s.auth.Kind()
}

// Source writes an expression down so that two expressions with the same text mean the same, wherever they
// stand in a file. It has to be taken before the expression is compiled.
func Source(x hcl.Expression) string {
	if x == nil {
		return ""
	}
	var b strings.Builder
	write(&b, reflect.ValueOf(x))
	return b.String()
}

// write walks through the nodes of an expression, and leaves out where they stand.
func write(b *strings.Builder, v reflect.Value) {
	if v.IsValid() && v.CanInterface() && writeKnown(b, v.Interface()) {
		return
	}
	switch v.Kind() {
	case reflect.Invalid, reflect.Func, reflect.Map, reflect.Chan:
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			write(b, v.Elem())
		}
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			write(b, v.Index(i))
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case reflect.Struct:
		writeStruct(b, v)
	default:
		fmt.Fprintf(b, "%q", fmt.Sprint(v.Interface()))
	}
}

func writeStruct(b *strings.Builder, v reflect.Value) {
	b.WriteString(v.Type().Name())
	b.WriteByte('{')
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			write(b, v.Field(i))
			b.WriteByte(',')
		}
	}
	b.WriteByte('}')
}

// writeKnown writes what must not be taken apart, and reports whether the value is of that sort.
func writeKnown(b *strings.Builder, value any) bool {
	switch known := value.(type) {
	case hcl.Range, []hcl.Range:
	case cty.Value:
		plain, _ := known.UnmarkDeep()
		fmt.Fprintf(b, "%#v", plain)
	case cty.Type:
		b.WriteString(known.GoString())
	case *hclsyntax.Operation:
		b.WriteString(operator(known))
	default:
		return false
	}
	return true
}

// operator names an operation, which is known by its address only.
func operator(op *hclsyntax.Operation) string {
	for i, known := range []*hclsyntax.Operation{
		hclsyntax.OpLogicalOr, hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalNot, hclsyntax.OpEqual,
		hclsyntax.OpNotEqual, hclsyntax.OpGreaterThan, hclsyntax.OpGreaterThanOrEqual, hclsyntax.OpLessThan,
		hclsyntax.OpLessThanOrEqual, hclsyntax.OpAdd, hclsyntax.OpSubtract, hclsyntax.OpMultiply,
		hclsyntax.OpDivide, hclsyntax.OpModulo, hclsyntax.OpNegate,
	} {
		if op == known {
			return fmt.Sprintf("op%d", i)
		}
	}
	return "op?"
}
