package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// Sources are read side by side. What they refer to together, what is found wrong, and what comes out do not depend on
// who was first.
func TestManySourcesAreReadAsOneAfterAnother(t *testing.T) {
	var text strings.Builder
	text.WriteString("budget \"b\" {\n rate = \"10/1s\"\n}\nauth \"bearer\" \"lent\" {\n token = env(\"TOKEN\")\n}\nsink \"stdout\" \"w\" {\n}\n")
	for i := range 300 {
		fmt.Fprintf(&text, "source \"http\" \"s%03d\" {\n every = \"1m\"\n budget = budget.b\n auth = auth.lent\n sinks = [sink.w]\n", i)
		if i%50 == 7 {
			text.WriteString(" jitter = \"soon\"\n")
		}
		if i%100 == 9 {
			text.WriteString(" previous = \"old\"\n")
		}
		text.WriteString("}\n")
	}
	path := files(t, "main.hcl", text.String())
	_, first := load(t, path, "TOKEN=x")
	for range 20 {
		_, again := load(t, path, "TOKEN=x")
		if first.Error() != again.Error() || len(first) != len(again) {
			t.Fatalf("diagnostics differ:\n%v\n%v", first, again)
		}
	}
	if len(first.Errs()) < 8 {
		t.Errorf("%d mistakes were found", len(first.Errs()))
	}
}
