package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// finish puts the diagnostics in the order of the files, each once, and without secrets.
func (l *loader) finish() hcl.Diagnostics {
	l.parseWhole(l.diags)
	diags := l.conceal(l.diags)
	slices.SortStableFunc(diags, compare)
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool { return compare(a, b) == 0 })
}

// compare orders by place, then by text. What has no place comes first.
func compare(a, b *hcl.Diagnostic) int {
	from, to := at(a), at(b)
	return cmp.Or(
		cmp.Compare(from.Filename, to.Filename),
		cmp.Compare(from.Start.Byte, to.Start.Byte),
		cmp.Compare(from.End.Byte, to.End.Byte),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Summary, b.Summary),
		cmp.Compare(a.Detail, b.Detail),
	)
}

func at(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

// place names where a range starts.
func place(at hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", at.Filename, at.Start.Line, at.Start.Column)
}

func warning(at hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagWarning,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &at,
	}}
}

// nowhere is an error about the whole configuration.
func nowhere(summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...)}}
}
