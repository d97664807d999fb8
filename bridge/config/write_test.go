package config_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// TestWritingShowsNoValuesOfVariables gives the writer a diagnostic as the language makes it, with the values
// of evaluation in it.
func TestWritingShowsNoValuesOfVariables(t *testing.T) {
	src := []byte("name + 1")
	x, _ := hclsyntax.ParseExpression(src, "a.hcl", hcl.InitialPos)
	_, diags := x.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"name": cty.StringVal(marker)}})
	if !diags.HasErrors() {
		t.Fatal("the expression was meant to fail")
	}
	var out bytes.Buffer
	if err := config.Write(&out, map[string]*hcl.File{"a.hcl": {Bytes: src}}, diags, true, 60); err != nil {
		t.Fatal(err)
	}
	if err := config.WriteJSON(&out, diags); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), marker) || !strings.Contains(out.String(), "line 1, column 1:") {
		t.Errorf("written is:\n%s", &out)
	}
}

func TestAThousandDiagnosticsAreCutShort(t *testing.T) {
	var diags hcl.Diagnostics
	for range 1000 {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong"})
	}
	var out bytes.Buffer
	if err := config.Write(&out, nil, diags, false, 0); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "Wrong") != 500 || !strings.HasSuffix(out.String(), "… and 500 more.\n") {
		t.Errorf("written are %d of 1000", strings.Count(out.String(), "Wrong"))
	}
}

// Each excerpt takes the whole file, which of a file of megabytes with a mistake in every block took a minute.
func TestOfManyMistakesInALargeFileTheFirstHaveExcerpts(t *testing.T) {
	line := "a = wrong\n"
	src := []byte(strings.Repeat(line, 1<<20/len(line)))
	var diags hcl.Diagnostics
	for i := range 100 {
		at := hcl.Pos{Line: i + 1, Column: 5, Byte: i*len(line) + 4}
		end := hcl.Pos{Line: i + 1, Column: 10, Byte: i*len(line) + 9}
		diags = append(diags, setting.Wrong(hcl.Range{Filename: "a.hcl", Start: at, End: end}, "Wrong", "Right it.")...)
	}
	var out bytes.Buffer
	if err := config.Write(&out, map[string]*hcl.File{"a.hcl": {Bytes: src}}, diags, false, 0); err != nil {
		t.Fatal(err)
	}
	said := out.String()
	if strings.Count(said, "a = wrong") != 8 || !strings.Contains(said, "on a.hcl line 100, column 5") || strings.Contains(said, "not available") {
		t.Errorf("%d excerpts, and at the end:\n%s", strings.Count(said, "a = wrong"), said[len(said)-200:])
	}
}

func TestAValidConfigurationIsSaidToBeSo(t *testing.T) {
	var got struct {
		Valid       bool
		Diagnostics []any
	}
	if err := json.Unmarshal([]byte(renderedJSON(t, nil)), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Valid || got.Diagnostics == nil || len(got.Diagnostics) > 0 {
		t.Errorf("no diagnostics are written as %+v", got)
	}
}
