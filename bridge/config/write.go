package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxShown bounds how many diagnostics are written, and maxScanned how much is scanned for excerpts, each of which takes
// the whole file: the further ones are told without.
const (
	maxShown   = 500
	maxScanned = 8 << 20
)

// Write renders diagnostics for people: summary, place, excerpt, and what to do. Details are wrapped at width,
// unless it is 0.
func Write(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics, color bool, width int) error {
	scanned := 0
	for i, d := range diags {
		if i == maxShown {
			_, err := fmt.Fprintf(w, "… and %d more.\n", len(diags)-i)
			return err
		}
		if file := files[at(d).Filename]; file != nil {
			scanned += len(file.Bytes)
		}
		if scanned > maxScanned {
			files = nil
		}
		if err := writeOne(w, files, d, color, width); err != nil {
			return err
		}
	}
	return nil
}

// writeOne leaves the rendering to hcl, which names the line, and puts the column beside it.
func writeOne(w io.Writer, files map[string]*hcl.File, d *hcl.Diagnostic, color bool, width int) error {
	var text strings.Builder
	writer := hcl.NewDiagnosticTextWriter(&text, files, uint(max(width, 0)), color)
	if err := writer.WriteDiagnostic(strip(d)); err != nil {
		return err
	}
	line := fmt.Sprintf("\n  on %s line %d", at(d).Filename, at(d).Start.Line)
	column := fmt.Sprintf("%s, column %d", line, at(d).Start.Column)
	told := strings.Replace(text.String(), line, column, 1)
	if files == nil {
		told = strings.Replace(told, "\n  (source code not available)", "", 1)
	}
	_, err := io.WriteString(w, told)
	return err
}

type verdict struct {
	Valid       bool         `json:"valid"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Range    *span  `json:"range,omitempty"`
}

type span struct {
	File  string   `json:"file"`
	Start position `json:"start"`
	End   position `json:"end"`
}

type position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// WriteJSON renders diagnostics for machines, as one object: whether the configuration is valid, and a list of
// severity ("error" or "warning"), summary, detail and range. Lines and columns count from 1.
func WriteJSON(w io.Writer, diags hcl.Diagnostics) error {
	all := verdict{Valid: !diags.HasErrors(), Diagnostics: []diagnostic{}}
	for _, d := range diags {
		all.Diagnostics = append(all.Diagnostics, diagnostic{severity(d), d.Summary, d.Detail, spanOf(d.Subject)})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

func severity(d *hcl.Diagnostic) string {
	if d.Severity == hcl.DiagWarning {
		return "warning"
	}
	return "error"
}

func spanOf(at *hcl.Range) *span {
	if at == nil {
		return nil
	}
	return &span{at.Filename, position{at.Start.Line, at.Start.Column}, position{at.End.Line, at.End.Column}}
}
