package expr

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Functions returns the pure functions of the configuration language, in a map of the caller's own. What a
// function returns of a sensitive argument is sensitive, and no error of it shows the argument.
func Functions() map[string]function.Function {
	functions := map[string]function.Function{
		"base64encode": ofText(func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }),
		"coalesce":     coalesceFunction(),
		"contains":     containsFunction(),
		"format":       stdlib.FormatFunc,
		"formatdate":   stdlib.FormatDateFunc,
		"join":         stdlib.JoinFunc,
		"jsondecode":   jsonDecodeFunction(),
		"jsonencode":   jsonEncodeFunction(),
		"keys":         stdlib.KeysFunc,
		"length":       lengthFunction(),
		"lookup":       lookupFunction(),
		"lower":        stdlib.LowerFunc,
		"max":          stdlib.MaxFunc,
		"merge":        stdlib.MergeFunc,
		"min":          stdlib.MinFunc,
		"regex":        stdlib.RegexFunc,
		"replace":      replaceFunction(),
		"sha256":       ofText(hexDigest),
		"split":        stdlib.SplitFunc,
		"substr":       stdlib.SubstrFunc,
		"tonumber":     stdlib.MakeToFunc(cty.Number),
		"tostring":     stdlib.MakeToFunc(cty.String),
		"trimspace":    stdlib.TrimSpaceFunc,
		"truncate":     truncateFunction(),
		"upper":        stdlib.UpperFunc,
		"urlencode":    ofText(urlencode),
		"values":       stdlib.ValuesFunc,
	}
	for name, f := range functions {
		functions[name] = Discreet(f)
	}
	functions["can"] = tryfunc.CanFunc
	functions["try"] = tryfunc.TryFunc
	functions[openName] = openFunction()
	return functions
}

// openName is the function that takes the mark off a sensitive value.
const openName = "nonsensitive"

var (
	errDiscreet = errors.New("the argument does not fit; it is sensitive and not shown")
	errUnfit    = errors.New("the function cannot take these arguments")
)

// Discreet wraps a function so that its error shows nothing of a sensitive argument.
func Discreet(f function.Function) function.Function {
	spec := &function.Spec{
		Type: func(args []cty.Value) (cty.Type, error) {
			kind, err := f.ReturnTypeForValues(typed(f, args))
			return kind, discreet(err, args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			value, err := f.Call(typed(f, args))
			return value, discreet(err, args)
		},
	}
	for _, p := range f.Params() {
		spec.Params = append(spec.Params, open(p))
	}
	if p := f.VarParam(); p != nil {
		opened := open(*p)
		spec.VarParam = &opened
	}
	return function.New(spec)
}

// open lets marks, and the null of an absent path, through to the wrapped function.
func open(p function.Parameter) function.Parameter {
	p.AllowMarked = true
	p.AllowDynamicType = p.AllowDynamicType || p.AllowNull
	return p
}

// typed gives a null without a type one, where the function would take it for a value that is not known yet.
func typed(f function.Function, args []cty.Value) []cty.Value {
	with := slices.Clone(args)
	for i, arg := range with {
		plain, marks := arg.Unmark()
		untyped := plain.Type() == cty.DynamicPseudoType && plain.IsKnown() && plain.IsNull()
		if untyped && !takesDynamic(f, i) {
			with[i] = cty.NullVal(cty.String).WithMarks(marks)
		}
	}
	return with
}

func takesDynamic(f function.Function, position int) bool {
	if params := f.Params(); position < len(params) {
		return params[position].AllowDynamicType
	}
	return f.VarParam() != nil && f.VarParam().AllowDynamicType
}

func discreet(err error, args []cty.Value) error {
	if err == nil {
		return nil
	}
	for _, arg := range args {
		if arg.ContainsMarked() {
			return errDiscreet
		}
	}
	if _, crashed := errors.AsType[function.PanicError](err); crashed {
		return errUnfit
	}
	return err
}

// ofText makes a function from text to text.
func ofText(f func(string) string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.StringVal(f(args[0].AsString())), nil
		},
	})
}

func hexDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// anything is a parameter of whatever type.
func anything(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}
}

// coalesceFunction returns the first argument that is neither null nor the empty string. Where there is none it
// is the empty string, if that is among them, so that coalesce(after.note, "") is a text whatever comes, and else
// null. Its arguments may be of different types.
func coalesceFunction() function.Function {
	every := anything("values")
	return function.New(&function.Spec{
		VarParam: &every,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			last := absent()
			for _, arg := range args {
				switch {
				case arg.IsNull():
				case arg.Type() != cty.String || arg.AsString() != "":
					return arg, nil
				default:
					last = arg
				}
			}
			return last, nil
		},
	})
}

// containsFunction is false for null.
func containsFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anything("list"), anything("value")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].IsNull() {
				return cty.False, nil
			}
			return stdlib.ContainsFunc.Call(typed(stdlib.ContainsFunc, args))
		},
	})
}

// lengthFunction counts the elements of a list, the members of an object, or the characters of a string;
// null has none.
func lengthFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anything("value")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch value := args[0]; {
			case value.IsNull():
				return cty.Zero, nil
			case value.Type() == cty.String:
				return stdlib.Strlen(value)
			case value.CanIterateElements():
				return cty.NumberIntVal(int64(value.LengthInt())), nil
			}
			return cty.NilVal, function.NewArgErrorf(0, "a list, an object or a string is needed")
		},
	})
}

// replaceFunction replaces all occurrences of a text, or of a regular expression between slashes.
func replaceFunction() function.Function {
	texts := []function.Parameter{
		{Name: "text", Type: cty.String}, {Name: "search", Type: cty.String}, {Name: "replacement", Type: cty.String},
	}
	return function.New(&function.Spec{
		Params: texts,
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			search := args[1].AsString()
			if len(search) > 1 && strings.HasPrefix(search, "/") && strings.HasSuffix(search, "/") {
				return stdlib.RegexReplace(args[0], cty.StringVal(search[1:len(search)-1]), args[2])
			}
			return stdlib.Replace(args[0], args[1], args[2])
		},
	})
}

// lookupFunction returns the member of an object, and the default where that is absent or null.
func lookupFunction() function.Function {
	otherwise := anything("default")
	return function.New(&function.Spec{
		Params:   []function.Parameter{anything("object"), {Name: "name", Type: cty.String}},
		VarParam: &otherwise,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) > 3 {
				return cty.NilVal, function.NewArgErrorf(3, "there is one default at most")
			}
			found := partOf(args[0], args[1])
			if found.IsNull() && len(args) == 3 {
				return args[2], nil
			}
			return found, nil
		},
	})
}

func jsonEncodeFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anything("value")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(cty.String), nil
			}
			text, err := appendJSON(nil, args[0])
			return cty.StringVal(string(text)), err
		},
	})
}

func jsonDecodeFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return valueOf([]byte(args[0].AsString()))
		},
	})
}

func openFunction() function.Function {
	value := anything("value")
	value.AllowMarked, value.AllowUnknown, value.AllowDynamicType = true, true, true
	return function.New(&function.Spec{
		Params: []function.Parameter{value},
		Type: func(args []cty.Value) (cty.Type, error) {
			return args[0].Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			plain, _ := args[0].UnmarkDeep()
			return plain, nil
		},
	})
}

// urlencode escapes text for a query, and for a step of a path as well: there a plus would stay one, so that
// a space is %20.
func urlencode(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
