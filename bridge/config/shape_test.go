package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFileThatNestsTooDeepIsRefusedBeforeItBreaksTheParser repeats each way of nesting. The parser alone
// would end the program by an overflow of its stack, at half a million levels or so.
func TestAFileThatNestsTooDeepIsRefusedBeforeItBreaksTheParser(t *testing.T) {
	for _, unit := range []string{
		"!", "-", "(", "[", "{ a = ", "f(", `"${`, "true ? 1 : ", "[for a in b : ", "{for a in b :\n", "!/**/", "(\n!\n",
		"1 + ", "a {\n", "(!,", "x[",
	} {
		text := "a = " + strings.Repeat(unit, 20_000)
		if unit == "a {\n" {
			text = text[len("a = "):]
		}
		_, diags := load(t, files(t, "a.hcl", text))
		if got := strings.Join(summaries(diags), ","); got != "Expression too large" {
			t.Errorf("%q over and over: %q", unit, got)
		}
	}
}

func TestAChainOfIndexesCountsAsDeep(t *testing.T) {
	text := "a = x" + strings.Repeat("[y]", 20_000)
	_, diags := load(t, files(t, "a.hcl", text))
	if got := strings.Join(summaries(diags), ","); !strings.Contains(got, "Expression too large") {
		t.Errorf("it is taken: %s", got)
	}
}

// TestTenThousandSourcesFitInOneFile holds the bounds to what the program is meant for.
func TestTenThousandSourcesFitInOneFile(t *testing.T) {
	var text strings.Builder
	text.WriteString(`sink "stdout" "w" {}` + "\n")
	for i := range 10_000 {
		_, _ = fmt.Fprintf(&text, "source \"http\" \"s%d\" {\n  url   = \"https://api.example.com/%d\"\n  sinks = [sink.w]\n\n"+
			"  event \"e\" {\n    when = after.state == \"closed\"\n    data = { n = after.n }\n  }\n}\n", i, i)
	}
	if c := loadText(t, text.String()); len(c.Sources) != 10_000 {
		t.Errorf("%d sources were read", len(c.Sources))
	}
}

func TestALongListIsNotDeep(t *testing.T) {
	list := "[" + strings.Repeat("\"x\",\n", 50_000) + "]"
	_, diags := load(t, files(t, "a.hcl", smallest+"\nlog {\n  level = length("+list+")\n}"))
	if got := strings.Join(summaries(diags), ","); got != "Unknown value" {
		t.Errorf("a long list is not read: %s", got)
	}
}

func TestAFileBeyondTheBoundIsRefused(t *testing.T) {
	dir := files(t, "a.hcl", smallest)
	if err := os.WriteFile(filepath.Join(dir, "b.hcl"), make([]byte, 8<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := load(t, dir)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "a file takes up to 8MiB") {
		t.Error(rendered(t, c, diags))
	}
}
