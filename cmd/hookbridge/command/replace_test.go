package command

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	for name, err := range map[string]error{path: os.WriteFile(path, []byte("old"), 0o600), link: os.Symlink("file", link)} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	broken := errors.New("broken")
	for _, wanted := range []error{broken, nil} {
		err := replace(link, func(to io.Writer) error {
			_, err := io.WriteString(to, "new")
			return errors.Join(err, wanted)
		})
		if !errors.Is(err, wanted) {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if want := map[error]string{broken: "old", nil: "new"}[wanted]; err != nil || string(text) != want {
			t.Errorf("it holds %q, %v", text, err)
		}
		if found, err := os.Lstat(link); err != nil || found.Mode().Type() != os.ModeSymlink {
			t.Errorf("the link is %v, %v", found, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
			t.Errorf("%v, %v are left", left, err)
		}
	}
}

// A backup to /dev/null or into a pipe must not put a file in its place.
func TestAStreamIsWrittenToAndStaysWhatItIs(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	if !isStream(pipe) || !isStream(os.DevNull) || isStream(filepath.Dir(pipe)) || isStream(pipe+"x") {
		t.Error("streams are not told from files")
	}
	err := writeTo(pipe, func(to io.Writer) error { _, err := io.WriteString(to, "new"); return err })
	if got := <-read; err != nil || got != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if !isStream(pipe) {
		t.Error("the pipe was replaced")
	}
}
