//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// TestMain makes the test binary the suite, for the processes that the suite starts of itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case upstream.Subcommand, receiver.Subcommand, yardstick.Subcommand:
			main()
			return
		}
	}
	os.Exit(m.Run())
}

// bench runs the suite.
func bench(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := root()
	cmd.SetArgs(append([]string{"--state", t.TempDir()}, args...))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	err = cmd.ExecuteContext(t.Context())
	if t.Failed() || err != nil {
		t.Logf("it said:\n%s", stderr.String())
	}
	return stdout.String(), err
}

func TestAWorkloadMeasuresTheRealProgramAndChecksIt(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs the program; the short mode of the suite does more of it")
	}
	out, err := bench(t, "--json", "short", "v5")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 2 || r.Sizes != "short" || r.Machine.Cores == 0 {
		t.Fatalf("%s", out)
	}
	for _, row := range r.Rows {
		if len(row.Ours) != 1 || row.Ours[0] <= 0 || len(row.Wrong) > 0 {
			t.Errorf("%+v", row)
		}
	}
	if row := r.Rows[0]; row.Memory <= 0 || len(row.Yardstick) != 1 || row.Yardstick[0] <= 0 {
		t.Errorf("%+v", row)
	}
}

// The run may take an hour.
func TestWhatCannotBeDoneIsRefusedBeforeTheRun(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--runs", "0"}, {"--plots", taken}, {"--pprof", taken}} {
		if out, err := bench(t, append(args, "short", "v5")...); err == nil || out != "" {
			t.Errorf("%v is taken: %s", args, out)
		}
	}
}

func TestAWorkloadThatIsNotThereIsRefusedWithThoseThatAre(t *testing.T) {
	for _, args := range [][]string{{"v99"}, {}} {
		if _, err := bench(t, args...); err == nil || !strings.Contains(err.Error(), "v1, v2") {
			t.Errorf("%v: %v", args, err)
		}
	}
}
