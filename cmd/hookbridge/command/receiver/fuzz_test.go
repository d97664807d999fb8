package receiver

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever is sent, nothing that acts on a terminal is printed of it, a line is one line, and nothing panics.
func FuzzNothingThatIsPrintedActsOnATerminal(f *testing.F) {
	f.Add(updated, hostile, "application/json")
	f.Add(`{"type":"t","data":{"changed":["","/a~1/0","x"],"before":[[]],"after":{"a/":[1]}}}`, "x", "application/cloudevents+json")
	f.Add(`[{"type":"t\u001b","data":{"key":"\u009b"}},{"type":"`+hostile+`"}]`, "x", "application/json")
	f.Add(`{"change":"updated","key":"k","changed":["/a"],"before":null,"after":{"a":"`+hostile+`"}}`, "1.0", "")
	f.Fuzz(func(t *testing.T, body, value, kind string) {
		for _, view := range []View{Line, JSON, Page} {
			var out bytes.Buffer
			r := New(Options{Out: &out, View: view, Keys: keysOf(t, secret)})
			sent := request(t, value, body, "standard")
			sent.Header["Ce-Specversion"], sent.Header["Ce-Type"] = []string{value}, []string{kind}
			sent.Header["X"], sent.Header["Content-Type"] = []string{value, body}, []string{kind}
			take(r, sent)
			printed, whole := strings.CutSuffix(out.String(), "\n")
			if view == Page {
				printed = strings.ReplaceAll(printed, "\n", "")
			}
			if !whole || strings.ContainsFunc(printed, acts) {
				t.Errorf("view %d prints %q", view, out.String())
			}
		}
	})
}
