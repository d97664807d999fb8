package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const versioned = `
defaults {
  every  = "1m"
  health = [sink.ops]
}
source "http" "a" {
  url     = "https://api.example.com/"
  headers = { Authorization = env("SECRET"), X-Team = env("TEAM", "none"), X-File = file("note") }
  auth    = auth.shared
  sinks   = [sink.w]
}
budget "b" {
  rate = "1/s"
}
auth "bearer" "shared" {
  token = env("AUTH", "none")
}
source "feed" "b" {
  every  = "2m"
  budget = budget.b
  url    = "https://api.example.com/"
  health = []
  sinks  = [sink.ops]
}
sink "webhook" "w" {
  secret = env("SECRET")
  order  = "key"
}
sink "stdout" "ops" {}
`

// versions loads the text beside a file named note and returns each block's version.
func versions(t *testing.T, text, note string, env ...string) map[string]string {
	t.Helper()
	dir := files(t, "main.hcl", text, "note", note)
	c, diags := load(t, dir, env...)
	if diags.HasErrors() {
		t.Fatal(rendered(t, c, diags))
	}
	all := map[string]string{}
	for _, s := range c.Sources {
		all["source."+s.Name] = s.Version
	}
	for _, s := range c.Sinks {
		all["sink."+s.Name] = s.Version
	}
	return all
}

// changed lists, in order, the blocks whose versions differ.
func changed(before, after map[string]string) string {
	var names []string
	for _, name := range []string{"source.a", "source.b", "sink.w", "sink.ops"} {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// TestAVersionChangesWithWhatTheBlockDependsOnAndNothingElse shows the ground of O3: a reload restarts exactly
// what changed.
func TestAVersionChangesWithWhatTheBlockDependsOnAndNothingElse(t *testing.T) {
	before := versions(t, versioned, "1")
	edit := func(from, to string) string {
		t.Helper()
		if !strings.Contains(versioned, from) {
			t.Fatalf("%q is not there to be edited", from)
		}
		return changed(before, versions(t, strings.Replace(versioned, from, to, 1), "1"))
	}
	for _, test := range []struct{ name, got, want string }{
		{"nothing", changed(before, versions(t, versioned, "1")), ""},
		{"a comment", edit(`sinks   = [sink.w]`, "sinks = [sink.w] # here"), ""},
		{"an attribute of the core", edit(`"2m"`, `"3m"`), "source.b"},
		{"an attribute of the plugin", edit(`https://api.`, `https://apj.`), "source.a"},
		{"a shared block", edit(`env("AUTH"`, `env("HTUA"`), "source.a"},
		{"the kind of a shared block", edit(`"bearer"`, `"other"`), "source.a"},
		{"a secret of a shared block", changed(before, versions(t, versioned, "1", "AUTH", "x")), "source.a"},
		{"another default", edit(`"1m"`, `"4m"`), "source.a"},
		{"other health sinks by default", edit(`[sink.ops]`, `[sink.ops, sink.w]`), "source.a"},
		{"the order of a sink", edit(`"key"`, `"none"`), "source.a sink.w"},
		{"the rate of a budget", edit(`"1/s"`, `"2/s"`), "source.b"},
		{"a kind", edit(`"feed" "b"`, `"http" "b"`), "source.b"},
		{"a secret", changed(before, versions(t, versioned, "1", "SECRET", "other")), "source.a sink.w"},
		{"a variable with a default", changed(before, versions(t, versioned, "1", "TEAM", "x")), "source.a"},
		{"a file", changed(before, versions(t, versioned, "2")), "source.a"},
		{"a block moved down", changed(before, versions(t, "\n\n# moved\n"+versioned, "1")), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: changes the version of %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestAVersionTellsNoSecret(t *testing.T) {
	for name, version := range versions(t, versioned, "1") {
		if len(version) != 64 || strings.Contains(version, marker) {
			t.Errorf("the version of %s is %q", name, version)
		}
	}
}

func TestTheVersionIsTheSameFromAnotherFile(t *testing.T) {
	before := versions(t, versioned, "1")
	dir := files(t, "note", "1", "z.hcl", versioned)
	if err := os.Rename(filepath.Join(dir, "z.hcl"), filepath.Join(dir, "0.hcl")); err != nil {
		t.Fatal(err)
	}
	c, diags := load(t, dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if c.Sources[0].Version != before["source.a"] {
		t.Error("a block that stands in another file has another version")
	}
}
