package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/config"
)

// FuzzLoad shows R6 for the configuration: whatever a file holds, it is read or refused with a diagnostic, its
// layout settles at once, and laying it out changes no meaning.
func FuzzLoad(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		dir := t.TempDir()
		before := fuzzLoad(t, dir, src)
		formatted, diags := config.Format(src, "a.hcl")
		if diags.HasErrors() {
			return
		}
		checkIdempotence(t, src)
		if after := fuzzLoad(t, dir, formatted); before != after {
			t.Errorf("laid out, the file says %q, and before %q", after, before)
		}
	})
}

// FuzzFormat shows O1 beyond what loads: a layout settles at once, and changes nothing but spaces.
func FuzzFormat(f *testing.F) {
	seed(f)
	f.Add([]byte("a = <<-E\n  x ${ y  }\nE\n\n\nb={c=1,# x\nd=[1,\n2]}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		formatted, diags := config.Format(src, "a.hcl")
		if diags.HasErrors() {
			return
		}
		checkIdempotence(t, src)
		if before, after := tokens(src), tokens(formatted); !slices.Equal(before, after) {
			t.Errorf("%q is laid out as %q", src, formatted)
		}
	})
}

func tokens(src []byte) []string {
	all, _ := hclsyntax.LexConfig(src, "a.hcl", hcl.InitialPos)
	var texts []string
	for _, token := range all {
		texts = append(texts, strings.TrimSpace(string(token.Bytes)))
	}
	return texts
}

func seed(f *testing.F) {
	for _, src := range config.Samples(f) {
		f.Add(src)
	}
	f.Add([]byte(smallest))
}

// fuzzLoad returns the versions of what was read, or nothing where the file is refused.
func fuzzLoad(t *testing.T, dir string, src []byte) string {
	path := filepath.Join(dir, "a.hcl")
	if err := os.WriteFile(path, src, 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := load(t, path)
	var out bytes.Buffer
	if err := config.Write(&out, c.Files, diags, true, 60); err != nil {
		t.Error(err)
	}
	if err := config.WriteJSON(&out, diags); err != nil {
		t.Error(err)
	}
	if diags.HasErrors() {
		return ""
	}
	out.Reset()
	for _, s := range c.Sources {
		out.WriteString(s.Name + s.Version)
	}
	for _, s := range c.Sinks {
		out.WriteString(s.Name + s.Version)
	}
	return out.String()
}
