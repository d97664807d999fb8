package document

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Apply puts the values of after at the pointers into before, and removes what has none there.
func Apply(before, after []byte, pointers []string) []byte {
	result, source := decoded(before), decoded(after)
	var removed []string
	for _, pointer := range pointers {
		value, found := lookUp(source, tokens(pointer))
		if !found {
			removed = append(removed, pointer)
			continue
		}
		result = put(result, tokens(pointer), value)
	}
	for _, pointer := range slices.Backward(removed) {
		result = cut(result, tokens(pointer))
	}
	text, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	return text
}

func tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	all := strings.Split(pointer[1:], "/")
	for i, token := range all {
		all[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return all
}

func lookUp(value any, way []string) (any, bool) {
	for _, token := range way {
		switch container := value.(type) {
		case map[string]any:
			member, found := container[token]
			if !found {
				return nil, false
			}
			value = member
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(container) {
				return nil, false
			}
			value = container[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func put(value any, way []string, what any) any {
	if len(way) == 0 {
		return what
	}
	switch container := value.(type) {
	case map[string]any:
		container[way[0]] = put(container[way[0]], way[1:], what)
	case []any:
		i, _ := strconv.Atoi(way[0])
		if i == len(container) {
			return append(container, what)
		}
		container[i] = put(container[i], way[1:], what)
	}
	return value
}

func cut(value any, way []string) any {
	switch container := value.(type) {
	case map[string]any:
		if len(way) == 1 {
			delete(container, way[0])
		} else {
			container[way[0]] = cut(container[way[0]], way[1:])
		}
	case []any:
		i, _ := strconv.Atoi(way[0])
		if len(way) == 1 {
			return container[:i]
		}
		container[i] = cut(container[i], way[1:])
	}
	return value
}

// Statement P19: applying the difference to before yields after, and nothing in it is superfluous.
func TestTheDifferenceAppliedToBeforeYieldsAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := drawValue(t, 4)
		before, after := spell(t, value), spell(t, drawChanged(t, value, 4))
		checkDiff(t, before, after)
	})
}

func checkDiff(t interface{ Fatalf(string, ...any) }, before, after []byte) {
	pointers := Diff(before, after)
	if got, want := naive(Rules{}, Apply(before, after, pointers)), naive(Rules{}, after); got != want {
		t.Fatalf("%s\n%s\n%q yields %s", before, after, pointers, got)
	}
	for i, pointer := range pointers {
		if slices.Contains(pointers[:i], pointer) {
			t.Fatalf("%q stands twice in %q", pointer, pointers)
		}
		old, was := lookUp(decoded(before), tokens(pointer))
		current, is := lookUp(decoded(after), tokens(pointer))
		if was && is && naive(Rules{}, encoded(old)) == naive(Rules{}, encoded(current)) {
			t.Fatalf("%s\n%s\ndo not differ at %q", before, after, pointer)
		}
	}
}

func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

// Statement P18 and P19: spellings are no difference.
func TestSpellingsOfOneDocumentDoNotDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := drawValue(t, 4)
		one, other := spell(t, value), spell(t, value)
		if pointers := Diff(one, other); len(pointers) > 0 {
			t.Fatalf("%s\n%s\n%q", one, other, pointers)
		}
	})
}

// Statement P19: changed lists exactly the pointers that differ, in the order of the documents.
func TestTheDifferenceListsThePointersInOrder(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{`{"state":"open"}`, `{"state":"closed"}`, `[/state]`},
		{`{"z":1,"a":2,"m":3}`, `{"new":0,"m":4,"z":5,"also":0}`, `[/z /a /m /new /also]`},
		{`{"a":{"b":[1,{"c":2}]}}`, `{"a":{"b":[1,{"c":3}]}}`, `[/a/b/1/c]`},
		{`[1,2,3]`, `[1,9]`, `[/1 /2]`},
		{`[1]`, `[1,2,3]`, `[/1 /2]`},
		{`{"a":[]}`, `{"a":{}}`, `[/a]`},
		{`{"a":null}`, `{}`, `[/a]`},
		{`{}`, `{"a":null}`, `[/a]`},
		{`{"a":true}`, `{"a":false}`, `[/a]`},
		{`{"a":1}`, `{"a":"1"}`, `[/a]`},
		{`{"a":1.0,"b":"\u00e9"}`, `{"b":"é","a":1e0}`, `[]`},
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, `[/a]`},
		{`{"a/b":1,"~":{"":1}}`, `{"a/b":2,"~":{"":2}}`, `[/a~1b /~0/]`},
		{`{"\u0061\/":1}`, `{"a/":2}`, `[/a~1]`},
		{`[]`, `{}`, `[""]`},
		{`1`, `2`, `[""]`},
		{` {"a":1} `, "\n{\"a\" : 1}", `[]`},
	} {
		got := Diff([]byte(test.before), []byte(test.after))
		if test.want == `[""]` {
			if len(got) != 1 || got[0] != "" {
				t.Errorf("%s to %s: got %q", test.before, test.after, got)
			}
			continue
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("%s to %s: got %q, want %s", test.before, test.after, got, test.want)
		}
	}
}

func list(count, first int) string {
	parts := make([]string, count)
	for i := range parts {
		parts[i] = strconv.Itoa(first + i)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func TestOfAContainerWithTooManyDifferencesOnlyItsOwnPointerIsGiven(t *testing.T) {
	for _, test := range []struct {
		before, after string
		want          int
		first         string
	}{
		// One member and a thousand elements are more than the root may add.
		{`{"x":1,"a":` + list(1000, 0) + `}`, `{"x":2,"a":` + list(1000, 1) + `}`, 1, ""},
		{`{"a":` + list(1000, 0) + `}`, `{"a":` + list(1000, 1) + `}`, 1000, "/a/0"},
		{`{"a":` + list(1001, 0) + `}`, `{"a":` + list(1001, 1) + `}`, 1, "/a"},
		{`{"a":` + list(600, 0) + `,"b":` + list(600, 0) + `}`, `{"a":` + list(600, 1) + `,"b":` + list(600, 1) + `}`, 1, ""},
		{list(3, 0), list(100_000, 0), 1, ""},
	} {
		got := Diff([]byte(test.before), []byte(test.after))
		if len(got) != test.want || got[0] != test.first {
			t.Errorf("got %d pointers from %q, want %d from %q", len(got), got[0], test.want, test.first)
		}
		checkDiff(t, []byte(test.before), []byte(test.after))
	}
}

func TestObjectsOfManyMembersAreComparedByName(t *testing.T) {
	var one, other []string
	for i := range 500 {
		one = append(one, fmt.Sprintf(`"k%d":%d`, i, i))
		other = append(other, fmt.Sprintf(`"k%d":%d`, 499-i, 499-i))
	}
	before, after := "{"+strings.Join(one, ",")+"}", "{"+strings.Join(other, ",")+`,"new":1}`
	if got := Diff([]byte(before), []byte(after)); fmt.Sprint(got) != "[/new]" {
		t.Fatalf("got %q", got)
	}
}

// Statement H5: 10,000 levels of nesting are no reason to crash.
func TestDeepDocumentsCanBeCompared(t *testing.T) {
	deep := func(core string) []byte {
		return []byte(strings.Repeat(`[`, 9_999) + core + strings.Repeat(`]`, 9_999))
	}
	if got := Diff(deep("1"), deep("2")); len(got) != 1 || got[0] != strings.Repeat("/0", 9_999) {
		t.Fatalf("got %d pointers", len(got))
	}
}
