package file_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/file"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

func TestAFileIsASink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	sinktest.Run(t, sinktest.Case{
		Kind:     file.Kind(),
		Config:   func(string) string { return config(path) },
		Received: func(t *testing.T) []string { return ids(t, path) },
	})
}

func TestAnEventIsOneLineInAFileThatOnlyItsOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	sink := newSink(t, path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file was made before the first event: %v", err)
	}
	send(t, sink, 1)
	send(t, sink, 2)
	text := read(t, path)
	if lines := strings.Split(text, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], `{"id":"evt_42_1","type":"tickets.updated",`) {
		t.Errorf("file holds %q", text)
	}
	stat, err := os.Stat(path)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", stat.Mode(), err)
	}
}

func TestAFileThatIsRotatedAwayIsMadeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	sink := newSink(t, path)
	send(t, sink, 1)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	send(t, sink, 2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	send(t, sink, 3)
	if err := os.WriteFile(path+".new", []byte(`{"id":"theirs"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	send(t, sink, 4)
	if old := ids(t, path+".1"); !slices.Equal(old, []string{"evt_42_1"}) {
		t.Errorf("rotated away: %v", old)
	}
	if now := ids(t, path); !slices.Equal(now, []string{"theirs", "evt_42_4"}) {
		t.Errorf("in place: %v", now)
	}
}

func TestAFileThatIsTruncatedIsAppendedToFromItsStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	sink := newSink(t, path)
	send(t, sink, 1)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	send(t, sink, 2)
	if now := ids(t, path); !slices.Equal(now, []string{"evt_42_2"}) {
		t.Errorf("file holds %v", now)
	}
}

func TestALineThatACrashCutShortIsClosedBeforeTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"evt_42_1","ty`), 0o600); err != nil {
		t.Fatal(err)
	}
	send(t, newSink(t, path), 1)
	lines := strings.Split(read(t, path), "\n")
	if len(lines) != 3 || lines[0] != `{"id":"evt_42_1","ty` || !json.Valid([]byte(lines[1])) {
		t.Errorf("file holds %q", lines)
	}
}

func TestAnErrorNamesThePathAndIsRetried(t *testing.T) {
	folder := t.TempDir()
	fifo := filepath.Join(folder, "sub")
	if err := os.Mkdir(fifo, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(folder, "missing", "events.jsonl"), fifo, os.DevNull} {
		sink := newSink(t, path)
		_, err := sink.Send(t.Context(), sinktest.Event("42", 1))
		if err == nil || bridge.IsPermanent(err) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("error is %v", err)
		}
	}
	path := filepath.Join(folder, "later", "events.jsonl")
	sink := newSink(t, path)
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	send(t, sink, 1)
}

func TestAPathIsNeededAndIsNoSecret(t *testing.T) {
	for config, want := range map[string]string{
		"":                    "Missing path",
		`path = ""`:           "Missing path",
		`path = hidden("/x")`: "Secret in a plain place",
		"path = []":           "Wrong type of value",
	} {
		_, diags := sinktest.Build(t, file.Kind(), config, bridge.Env{Name: "audit"})
		if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), want) {
			t.Errorf("%q gives %v", config, diags)
		}
	}
}

func config(path string) string { return fmt.Sprintf("path = %q", path) }

func newSink(t *testing.T, path string) bridge.Sink {
	t.Helper()
	sink := sinktest.New(t, file.Kind(), config(path))
	t.Cleanup(func() {
		if err := sink.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return sink
}

func send(t *testing.T, sink bridge.Sink, revision int) {
	t.Helper()
	if _, err := sink.Send(t.Context(), sinktest.Event("42", revision)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func ids(t *testing.T, path string) []string {
	t.Helper()
	var ids []string
	for line := range strings.Lines(read(t, path)) {
		var event struct{ ID string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		ids = append(ids, event.ID)
	}
	return ids
}
