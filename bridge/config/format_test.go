package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/config"
)

func TestFormattingLaysOutInTheOneWay(t *testing.T) {
	got, diags := config.Format([]byte("sink \"stdout\"   \"w\" {\norder=\"key\"\n  timeout   = \"5s\"\n}\n"), "a.hcl")
	want := "sink \"stdout\" \"w\" {\n  order   = \"key\"\n  timeout = \"5s\"\n}\n"
	if diags.HasErrors() || string(got) != want {
		t.Errorf("formatted is\n%s\nwant\n%s%v", got, want, diags)
	}
}

// TestFormattingTwiceIsFormattingOnce shows O1: fmt is idempotent.
func TestFormattingTwiceIsFormattingOnce(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.hcl")
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		checkIdempotence(t, src)
	}
}

func checkIdempotence(t *testing.T, src []byte) {
	t.Helper()
	once, diags := config.Format(src, "a.hcl")
	if diags.HasErrors() {
		return
	}
	twice, diags := config.Format(once, "a.hcl")
	if diags.HasErrors() || string(once) != string(twice) {
		t.Errorf("formatted again, %q becomes %q (%v)", once, twice, diags)
	}
}

func TestAFileWithMistakesOfSyntaxIsNotFormatted(t *testing.T) {
	got, diags := config.Format([]byte("sink \"stdout\" \"w\" {\n"), "a.hcl")
	if got != nil || !diags.HasErrors() {
		t.Errorf("formatted is %q (%v)", got, diags)
	}
}
