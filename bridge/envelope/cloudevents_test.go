package envelope

import (
	"maps"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
)

// D14
func TestAStructuredCloudEventHoldsTheAttributesAndTheData(t *testing.T) {
	c := CloudEvents{Base: "/hookbridge"}
	check(t, c.Structured(updated(), []byte(`{"n":1}`)), `{"specversion":"1.0","id":"evt_1","source":"/hookbridge/github_issues",`+
		`"type":"github_issues.updated","time":"2026-11-23T08:43:24.123Z","subject":"42",`+
		`"datacontenttype":"application/json","data":{"n":1}}`)
	e := updated()
	e.Key = "<\"ä 😀%\n>"
	check(t, c.Structured(e, []byte(`null`)), `{"specversion":"1.0","id":"evt_1","source":"/hookbridge/github_issues",`+
		`"type":"github_issues.updated","time":"2026-11-23T08:43:24.123Z","subject":"<\"ä 😀%\n>",`+
		`"datacontenttype":"application/json","data":null}`)
	health := bridge.Event{ID: "evt_2", Type: "source.failing", Source: "s", Time: e.Time, Data: []byte(`{}`)}
	check(t, CloudEvents{Base: "https://b.example"}.Structured(health, Data(health)),
		`{"specversion":"1.0","id":"evt_2","source":"https://b.example/s","type":"source.failing",`+
			`"time":"2026-11-23T08:43:24.123Z","datacontenttype":"application/json","data":{}}`)
}

// D14: values of headers are ASCII without spaces, and a key that is not is left out.
func TestABinaryCloudEventHasItsAttributesInHeaders(t *testing.T) {
	for _, tc := range []struct{ key, subject string }{
		{"42", "42"},
		{"org/repo#7?x=~", "org/repo#7?x=~"},
		{"", ""},
		{"a b", ""},
		{"ä", ""},
		{"100%", ""},
		{`a"b`, ""},
		{"a\r\nCe-Id: forged", ""},
		{"\x00", ""},
		{"a\x7f", ""},
		{"\xff", ""},
	} {
		e := updated()
		e.Key = tc.key
		got := map[string]string{}
		for name, values := range (CloudEvents{Base: "/hookbridge"}).Header(e) {
			got[name] = strings.Join(values, "|")
		}
		want := map[string]string{
			"Ce-Specversion": "1.0", "Ce-Id": "evt_1", "Ce-Source": "/hookbridge/github_issues",
			"Ce-Type": "github_issues.updated", "Ce-Time": "2026-11-23T08:43:24.123Z",
		}
		if tc.subject != "" {
			want["Ce-Subject"] = tc.subject
		}
		if !maps.Equal(got, want) {
			t.Errorf("of key %q the headers are %v", tc.key, got)
		}
	}
}
