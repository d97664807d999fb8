package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// maxPasses bounds how often a layout is made anew until it stays.
const maxPasses = 8

// Format lays a file out in the one way. What it returns, it returns unchanged. A file with mistakes of syntax
// is refused.
func Format(src []byte, filename string) ([]byte, hcl.Diagnostics) {
	diags := checkShape(src, filename)
	if !diags.HasErrors() {
		_, diags = hclsyntax.ParseConfig(src, filename, hcl.InitialPos)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	for range maxPasses {
		next := hclwrite.Format(src)
		if bytes.Equal(next, src) {
			break
		}
		src = next
	}
	return src, nil
}
