package expr

import (
	"bufio"
	"unicode/utf16"

	"github.com/apparentlymart/go-textseg/v17/textseg"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"
)

// truncateFunction makes a text fit where at most so many characters are allowed; null is the empty text.
func truncateFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "text", Type: cty.String, AllowNull: true}, {Name: "most", Type: cty.Number},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var most int
			if err := gocty.FromCtyValue(args[1], &most); err != nil || most < 1 {
				return cty.NilVal, function.NewArgErrorf(1, "a whole number from 1 is needed")
			}
			if args[0].IsNull() {
				return cty.StringVal(""), nil
			}
			return cty.StringVal(truncate(args[0].AsString(), most)), nil
		},
	})
}

// truncate cuts a text that is longer than allowed, and ends it with an ellipsis then. Receivers count characters
// in different ways; this counts units of UTF-16, of which there are never fewer than of anything else, so that
// the text is short enough for all of them. What is one character to a reader is not cut apart, unless that
// alone is too long.
func truncate(text string, most int) string {
	if units(text) <= most {
		return text
	}
	kept := fits(text, most-1, textseg.ScanGraphemeClusters)
	if kept == 0 {
		kept = fits(text, most-1, bufio.ScanRunes)
	}
	return text[:kept] + "…"
}

// fits returns how many bytes of whole pieces are within so many units.
func fits(text string, most int, split bufio.SplitFunc) (kept int) {
	for rest := []byte(text); len(rest) > 0; {
		size, _, err := split(rest, true)
		if err != nil || size == 0 {
			break
		}
		if most -= units(text[kept : kept+size]); most < 0 {
			break
		}
		kept, rest = kept+size, rest[size:]
	}
	return kept
}

func units(text string) (count int) {
	for _, r := range text {
		count += max(utf16.RuneLen(r), 1)
	}
	return count
}
