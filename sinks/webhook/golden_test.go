package webhook_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// O1: each file of testdata is the body of a block with mistakes, and has its diagnostics beside it.
func TestDiagnosticsReadAsTheGoldenFilesSay(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(paths) == 0 {
		t.Fatalf("find test data: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			config, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := rendered(t, config, mistakes(t, string(config)))
			golden := strings.TrimSuffix(path, ".hcl") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got; -update writes it anew):\n%s", diff)
			}
		})
	}
}

// mistakes builds a sink for its diagnostics.
func mistakes(t *testing.T, config string) hcl.Diagnostics {
	t.Helper()
	_, diags := sinktest.Build(t, webhook.Kind(), config, bridge.Env{Name: "crm"})
	return diags
}

func rendered(t *testing.T, config []byte, diags hcl.Diagnostics) string {
	t.Helper()
	var text bytes.Buffer
	files := map[string]*hcl.File{"crm.hcl": {Bytes: config}}
	if err := hcl.NewDiagnosticTextWriter(&text, files, 0, false).WriteDiagnostics(diags); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
