package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/config"
)

const twoOfOne = `
auth "bearer" "github" {
  token = env("SECRET")
}
source "http" "a" {
  url   = "https://api.example.com/"
  auth  = auth.github
  sinks = [sink.w]
}
source "http" "b" {
  url   = "https://api.example.com/"
  auth  = auth.github
  sinks = [sink.w]
}
sink "stdout" "w" {}
`

// lent returns what each source got of the shared block, under a configuration that comes into force.
func lent(t *testing.T, shared *config.Shared, text string) (all []any) {
	t.Helper()
	c, diags := config.Load(files(t, "main.hcl", text), config.Options{
		Kinds: kinds(), Getenv: environment(), Shared: shared,
	})
	if len(diags) > 0 {
		t.Fatal(rendered(t, c, diags))
	}
	shared.Retain(c)
	for _, s := range c.Sources {
		all = append(all, s.Source.(*fakeSource).lent)
	}
	return all
}

// TestSourcesOfOneSharedBlockHaveOneObjectOverReloads is the ground of H3: concurrent sources on one credential
// refresh once, and a reload does not make a second credential beside the first.
func TestSourcesOfOneSharedBlockHaveOneObjectOverReloads(t *testing.T) {
	shared := config.NewShared()
	first := lent(t, shared, twoOfOne)
	if first[0] == nil || first[0] != first[1] {
		t.Errorf("two sources have %p and %p", first[0], first[1])
	}
	moved := lent(t, shared, "# moved\n"+strings.Replace(twoOfOne, "sinks = [sink.w]", "every = \"9m\"\nsinks = [sink.w]", 1))
	if moved[0] != first[0] {
		t.Error("a reload that leaves the block as it is makes another object")
	}
	changed := lent(t, shared, strings.ReplaceAll(twoOfOne, `"SECRET"`, `"OTHER", "x"`))
	if changed[0] == first[0] {
		t.Error("a changed block has the object of the old one")
	}
	if again := lent(t, shared, twoOfOne); again[0] == first[0] {
		t.Error("what no configuration names is held on to")
	}
}

func TestASharedBlockThatNobodyRefersToIsAWarning(t *testing.T) {
	_, diags := load(t, files(t, "main.hcl", strings.ReplaceAll(twoOfOne, "auth  = auth.github", "")))
	if diags.HasErrors() || !slices.Equal(summaries(diags), []string{"Unused auth"}) {
		t.Errorf("said is %v", diags)
	}
}

func TestAReferenceIntoAFileThatWasNotUnderstoodIsNotReported(t *testing.T) {
	text := strings.Replace(twoOfOne, `auth "bearer" "github" {`, `auth "bearer" "github" `, 1)
	_, diags := load(t, files(t, "a.hcl", "}", "main.hcl", text))
	if slices.Contains(summaries(diags), "Unknown auth") {
		t.Errorf("said is %v", diags)
	}
}
