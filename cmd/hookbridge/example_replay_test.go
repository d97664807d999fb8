package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// H9: the recordings that come with an example give the events that are written down beside them, with nothing in
// the environment, as the README has it; and a recording that is changed does not.
func TestTheReadmeReplaysTheRecordingsOfAnExample(t *testing.T) {
	out, err := replayReadme(t, "after/001.body.json", "", "")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{"issue.opened to tracker", "issue.closed to tracker", `"labels":["NeedsInvestigation"]`} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %s:\n%s", want, out)
		}
	}
	out, err = replayReadme(t, "after/001.body.json", `"closed"`, `"open"`)
	if err == nil || !strings.Contains(out, `"type": "issue.closed"`) || !strings.Contains(out, "the outcome is not the expected one") {
		t.Errorf("%v\n%s", err, out)
	}
}

// replayReadme runs what the README says, over the example with a text in one of its files replaced.
func replayReadme(t *testing.T, file, text, by string) (string, error) {
	t.Helper()
	needs(t, "sh")
	dir := t.TempDir()
	example := filepath.Join(dir, "examples", "github-issues")
	file = filepath.Join(example, "recordings", file)
	err := os.CopyFS(example, os.DirFS(filepath.Join(examplesDir, "github-issues")))
	body, failed := os.ReadFile(file)
	err = errors.Join(err, failed, os.WriteFile(file, bytes.ReplaceAll(body, []byte(text), []byte(by)), 0o600))
	program, failed := exec.LookPath("hookbridge")
	if err = errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("sh", "-c", "set -e\n"+readmeBlock(t, "## Testing a configuration without the API", "sh"))
	run.Dir, run.Env = dir, []string{"PATH=" + filepath.Dir(program)}
	out, err := run.CombinedOutput()
	return string(out), err
}
