package expr

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const changedName = "changed"

// changedFunction makes the function changed over what tells whether a pointer changed.
func changedFunction(changed func(pointer string) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "pointer", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			pointer := args[0].AsString()
			if pointer != "" && !strings.HasPrefix(pointer, "/") {
				return cty.NilVal, function.NewArgErrorf(0, "a JSON Pointer such as /state/name is needed")
			}
			return changed(pointer), nil
		},
	})
}

func changedUnknown(string) cty.Value { return cty.UnknownVal(cty.Bool) }

// changedIn tells whether a pointer is among the given ones, above one, or below one.
func changedIn(pointers []string) func(string) cty.Value {
	return func(wanted string) cty.Value {
		for _, pointer := range pointers {
			if leadsTo(wanted, pointer) || leadsTo(pointer, wanted) {
				return cty.True
			}
		}
		return cty.False
	}
}

// leadsTo reports whether a pointer is another one or stands above it.
func leadsTo(above, below string) bool {
	rest, found := strings.CutPrefix(below, above)
	return found && (rest == "" || rest[0] == '/')
}
