package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// What is here does slowly and simply, over decoded values, what the package does over bytes.

func decoded(doc []byte) any {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		panic(fmt.Sprintf("%s: %v", doc, err))
	}
	return value
}

// naive writes what counts of a document under rules in canonical form.
func naive(rules Rules, doc []byte) string {
	text, ok := naiveValue(rules, decoded(doc), nil)
	if !ok {
		return "nothing"
	}
	return text
}

func naiveValue(rules Rules, value any, at Path) (string, bool) {
	if anyMatches(rules.Ignore, at) {
		return "", false
	}
	all := len(rules.Watch) == 0
	for end := range len(at) + 1 {
		all = all || anyMatches(rules.Watch, at[:end])
	}
	leads := slices.ContainsFunc(rules.Watch, func(p Path) bool { return len(p) > len(at) && matches(p[:len(at)], at) })
	if !all && !leads {
		return "", false
	}
	switch value := value.(type) {
	case map[string]any:
		return naiveObject(rules, value, at, all)
	case []any:
		return naiveArray(rules, value, at, all)
	case json.Number:
		rational, _ := new(big.Rat).SetString(value.String())
		return rational.String(), all
	case string:
		return strconv.Quote(value), all
	}
	return fmt.Sprint(value), all
}

func naiveObject(rules Rules, object map[string]any, at Path, all bool) (string, bool) {
	var parts []string
	for name, value := range object {
		if text, ok := naiveValue(rules, value, append(at[:len(at):len(at)], Step{Name: name})); ok {
			parts = append(parts, strconv.Quote(name)+":"+text)
		}
	}
	slices.Sort(parts)
	return fmt.Sprintf("object(%v){%s}", all, strings.Join(parts, ",")), all || len(parts) > 0
}

func naiveArray(rules Rules, array []any, at Path, all bool) (string, bool) {
	var parts []string
	set := anyMatches(rules.Sets, at)
	for i, value := range array {
		text, ok := naiveValue(rules, value, append(at[:len(at):len(at)], Step{Kind: Element, Index: i}))
		if !ok {
			continue
		}
		if !all && !set {
			text = strconv.Itoa(i) + ":" + text
		}
		parts = append(parts, text)
	}
	if set {
		slices.Sort(parts)
	}
	// A container that only leads to watched parts counts by these alone, whatever it is called.
	return fmt.Sprintf("array(%v,%v)[%s]", all, set, strings.Join(parts, ",")), all || len(parts) > 0
}

func anyMatches(rules []Path, at Path) bool {
	return slices.ContainsFunc(rules, func(p Path) bool { return matches(p, at) })
}

func matches(rule, at Path) bool {
	return slices.EqualFunc(rule, at, func(r, s Step) bool {
		return r == s || r.Kind == Each && s.Kind == Element
	})
}

// The generators use few names and few values, so that equal ones and hits of rules are frequent.

var (
	someNames   = []string{"a", "b", "c d", "é\n", ""}
	someStrings = []string{"", "a", "é", "\"\\/\n\t\u0001", "😀", "long enough to go beyond thirty-two bytes in all"}
	someNumbers = [][]string{
		{"0", "-0", "0.0", "0e7", "-0.0E-3"},
		{"1", "1.0", "1e0", "10e-1", "0.1E1", "1.000"},
		{"-1", "-1.0", "-10E-1"},
		{"100", "1e2", "1.00e+2", "100.0"},
		{"0.01", "1e-2", "0.0100"},
		{"12345678901234567890123", "1.2345678901234567890123e22"},
		{"12345678901234567890124"},
		{"1e400", "10e399", "0.1e401"},
	}
)

// number is a number by its place among someNumbers, so that it can be spelt in several ways.
type number int

func drawValue(t *rapid.T, depth int) any {
	most := 6
	if depth <= 0 {
		most = 4
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2, 3:
		return number(rapid.IntRange(0, len(someNumbers)-1).Draw(t, "number"))
	case 4:
		return rapid.SampledFrom(someStrings).Draw(t, "string")
	case 5:
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any { return drawValue(t, depth-1) }), 0, 4).Draw(t, "array")
	}
	object := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(someNames), 0, 5, rapid.ID[string]).Draw(t, "names") {
		object[name] = drawValue(t, depth-1)
	}
	return object
}

// drawChanged copies a value with some of its parts redrawn.
func drawChanged(t *rapid.T, value any, depth int) any {
	if rapid.IntRange(0, 7).Draw(t, "redraw") == 0 {
		return drawValue(t, depth)
	}
	switch value := value.(type) {
	case map[string]any:
		changed := map[string]any{}
		for _, name := range slices.Sorted(mapKeys(value)) {
			if rapid.IntRange(0, 9).Draw(t, "drop") > 0 {
				changed[name] = drawChanged(t, value[name], depth-1)
			}
		}
		return changed
	case []any:
		var changed []any
		for _, element := range value {
			changed = append(changed, drawChanged(t, element, depth-1))
		}
		return rapid.Permutation(changed).Draw(t, "order")
	}
	return value
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

// spell writes a value with white space, an order of members, escapes and spellings of numbers at random.
func spell(t *rapid.T, value any) []byte {
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t "}).Draw(t, "space")
	switch value := value.(type) {
	case number:
		return []byte(space + rapid.SampledFrom(someNumbers[value]).Draw(t, "spelling") + space)
	case string:
		return []byte(space + spellString(t, value) + space)
	case []any:
		parts := make([][]byte, 0, len(value))
		for _, element := range value {
			parts = append(parts, spell(t, element))
		}
		return slices.Concat([]byte(space+"["+space), bytes.Join(parts, []byte(",")), []byte("]"+space))
	case map[string]any:
		var parts [][]byte
		for _, name := range rapid.Permutation(slices.Sorted(mapKeys(value))).Draw(t, "order") {
			parts = append(parts, slices.Concat([]byte(space+spellString(t, name)+space+":"), spell(t, value[name])))
		}
		return slices.Concat([]byte(space+"{"+space), bytes.Join(parts, []byte(",")), []byte("}"+space))
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func spellString(t *rapid.T, text string) string {
	if rapid.Bool().Draw(t, "ascii") {
		return asciiJSON(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

// asciiJSON escapes every character that is no letter.
func asciiJSON(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String() + `"`
}

func drawRules(t *rapid.T) Rules {
	return Rules{
		Ignore: drawPaths(t, "ignore", 2),
		Watch:  drawPaths(t, "watch", 2),
		Sets:   drawPaths(t, "sets", 2),
	}
}

func drawPaths(t *rapid.T, label string, most int) []Path {
	step := rapid.Custom(func(t *rapid.T) Step {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return Step{Kind: Each}
		case 1:
			return Step{Kind: Element, Index: rapid.IntRange(0, 3).Draw(t, "index")}
		}
		return Step{Kind: Member, Name: rapid.SampledFrom(someNames).Draw(t, "name")}
	})
	path := rapid.Custom(func(t *rapid.T) Path { return rapid.SliceOfN(step, 0, 3).Draw(t, "steps") })
	return rapid.SliceOfN(path, 0, most).Draw(t, label)
}
