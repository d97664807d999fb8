package tape

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAFolderIsWrittenAsAWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	if err := errors.Join(os.Mkdir(full, 0o700), os.WriteFile(filepath.Join(full, "x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := Write(full, []File{{"a.json", nil}}); err == nil || !strings.Contains(err.Error(), "full is not empty") {
		t.Errorf("%v", err)
	}
	if err := Write(filepath.Join(dir, "new"), []File{{"a.json", nil}, {"no/where.json", nil}}); err == nil {
		t.Error("a file in a folder that is not there was written")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("left behind is %v", entries)
	}
}

// Who answers in the place of the daemon must not be able to write elsewhere.
func TestFilesStayInTheirFolder(t *testing.T) {
	for _, name := range []string{"../x.json", "/etc/x.json", "a/b.json", "..", "", ".x.json", "x"} {
		var archive bytes.Buffer
		if err := Pack(&archive, []File{{name, []byte("x")}}, func() {}); err != nil {
			t.Fatal(err)
		}
		if files, err := Unpack(&archive); err == nil || !strings.Contains(err.Error(), "is no file of one") {
			t.Errorf("%q: %v, %v", name, files, err)
		}
	}
	var archive bytes.Buffer
	want := []File{{"001.json", []byte("{}")}, {"001.body.bin", []byte("\x00")}}
	if err := Pack(&archive, want, func() {}); err != nil {
		t.Fatal(err)
	}
	cut := archive.Bytes()[:513]
	got, err := Unpack(&archive)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := Unpack(bytes.NewReader(cut)); err == nil {
		t.Error("half an archive was taken for a whole one")
	}
}

// What people write by hand is checked.
func TestAnExchangeThatIsNoneIsTold(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                           "the request has to say method and url",
		`{"request":{"method":"GET"}}`: "the request has to say method and url",
		`{"request":{"method":"GET","url":"https://a.test/"}}`:                                                                            "there has to be an answer, or the failure",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":200},"failure":"x"}`:                                      "there has to be an answer, or the failure",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":20}}`:                                                     "20 is no status",
		`{"request":{"method":"GET","url":"https://a.test/","body":{},"text":"x"},"answer":{"status":200}}`:                               "several bodies",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":"200"}}`:                                                  "at /answer/status: ",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":200,"headers":{"Link":5}}}`:                               "a header is text, or a list of texts",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":200,"headers":{"Link":["a","b"]},"body":"missing.json"}}`: "missing.json",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":200,"headers":{"Link":["a","b"]},"body":"../001.json"}}`:  "not the name of a file beside it",
		`{"request":{"method":"GET","url":"https://a.test/"},"answer":{"status":200,"body":"/etc/passwd"}}`:                               "not the name of a file beside it",
	} {
		dir := t.TempDir()
		err := errors.Join(os.WriteFile(filepath.Join(dir, "001.json"), []byte(text), 0o600), os.WriteFile(filepath.Join(dir, "recording.json"),
			[]byte(`{"format":1,"source":"things","clock":"2026-11-23T08:43:24Z"}`), 0o600))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "001.json") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
