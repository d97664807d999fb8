package expr

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// FuzzEvents shows R6 and D19 for what event blocks and templates make of items: whatever an item holds, an
// expression over it has a value, which is JSON, or an error.
func FuzzEvents(f *testing.F) {
	var all []*Expr
	for _, text := range []string{
		`before.state == "open" && after.state == "closed"`, `after.n > 5 || before.n != after.n`, `after.list[0].name`,
		`{ text = "« ${after.name} » — ${key}", all = after.list, one = [after, null, true] }`, `changed("/state")`,
		`[for x in after.list : x.name if x.n != null]`, `{ for k, v in after : k => v }`, `after.list[*].name`,
		`upper(after.name)`, `length(after.list) + after.n`, `jsonencode(after)`, `formatdate("YYYY", after.at)`,
		`coalesce(after.name, before.name, "nobody")`, `try(after.a.b.c, "none")`, `regex("[a-z]+", after.name)`,
		`substr(after.name, 0, 3)`, `join(", ", after.list)`, `tonumber(after.n)`, `sha256(after.name)`, `max(after.n, 1)`,
		`merge(before, after)`, `keys(after)`, `split(",", after.name)`, `contains(after.list, 1)`, `urlencode(after.name)`,
	} {
		all = append(all, compiled(f, text))
	}
	for _, item := range []string{
		`{"state":"open","n":1,"name":"Zoë","list":[{"name":"a","n":1},{"name":"b"}],"at":"2026-11-23T08:43:24Z"}`,
		`{"state":"closed","n":12345678901234567890.5,"name":null,"list":[1,"two",[3]],"a":{"b":{"c":true}}}`,
		`{"n":"7","name":{"x":1},"list":{"a":1}}`, `[]`, `null`, `"text"`, `1e999`, `{"":{"":[]},"name":"\ud83d\ude00\u0000"}`,
	} {
		f.Add([]byte(item), []byte(`{"state":"closed","n":2}`))
		f.Add([]byte(`{"name":"x","list":[]}`), []byte(item))
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if !json.Valid(before) || !json.Valid(after) || len(before)+len(after) > 10_000 {
			return
		}
		doc := slices.Concat([]byte(`{"before":`), before, []byte(`,"after":`), after, []byte(`,"change":"updated","key":"k"}`))
		for _, x := range all {
			scope := over(string(doc), "/state")
			_, _ = x.Bool(scope)
			value, err := x.JSON(scope)
			if err == nil && !json.Valid(value) {
				t.Errorf("%s over %s is %s", x.Range(), doc, value)
			}
			again, _ := x.JSON(scope)
			if !bytes.Equal(value, again) {
				t.Errorf("%s over %s is %s, and then %s", x.Range(), doc, value, again)
			}
		}
	})
}
