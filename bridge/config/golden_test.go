package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDiagnosticsReadAsTheGoldenFilesSay shows O1: every file of testdata has its diagnostics beside it, as
// people and as machines read them.
func TestDiagnosticsReadAsTheGoldenFilesSay(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(paths) == 0 {
		t.Fatalf("find test data: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, diags := load(t, path)
			base := strings.TrimSuffix(path, ".hcl")
			compareGolden(t, base+".golden", rendered(t, c, diags))
			compareGolden(t, base+".json.golden", renderedJSON(t, diags))
		})
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

// TestTenMistakesGiveTenDiagnostics shows O1: all mistakes of all blocks at once.
func TestTenMistakesGiveTenDiagnostics(t *testing.T) {
	c, diags := load(t, "testdata/ten.hcl")
	if len(diags) != 10 || len(diags.Errs()) != 10 {
		t.Errorf("there are %d diagnostics:\n%s", len(diags), rendered(t, c, diags))
	}
	for i, d := range diags {
		if d.Subject == nil || d.Subject.Start.Line == 0 || d.Detail == "" {
			t.Errorf("diagnostic %d has no place or says not what to do: %v", i, d)
		}
	}
}
