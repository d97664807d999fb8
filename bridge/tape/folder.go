package tape

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/hookbridge/hookbridge/bridge"
)

// Bounds of what is read.
const (
	mostBytes = 8 * DefaultRoom
	mostFiles = 100_000
)

// Vacant returns an error where a recording cannot be written to dir, since something is there already.
func Vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at folder: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("the folder %s is not empty: a recording takes one of its own", dir)
	}
	return nil
}

// Write makes a folder of the files, all of them or none. The folder must be [Vacant].
func Write(dir string, files []File) (err error) {
	if err := Vacant(dir); err != nil {
		return err
	}
	if there, err := filepath.EvalSymlinks(dir); err == nil {
		dir = there
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".recording-*")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(temp, file.Name), file.Content, 0o600); err != nil {
			return fmt.Errorf("write recording: %w", err)
		}
	}
	return replace(temp, dir)
}

// replace moves a folder to where nothing is, or an empty one.
func replace(temp, dir string) error {
	err := os.Remove(dir)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(temp, dir)
	}
	if err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

// Read reads the recording in a folder. Errors name the file.
func Read(dir string) (*Recording, error) {
	f := folder{dir: dir, left: int64(mostBytes)}
	r, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	return r, nil
}

// folder is a recording while it is read.
type folder struct {
	dir  string
	left int64
}

func (f *folder) read() (*Recording, error) {
	r := &Recording{}
	if err := f.json(headFile, r); err != nil {
		return nil, err
	}
	switch {
	case r.Format > format:
		return nil, fmt.Errorf("%s: it was written by a newer hookbridge, in format %d: this one knows %d", f.path(headFile), r.Format, format)
	case r.Format != format || r.Source == "" || r.Clock.IsZero():
		return nil, fmt.Errorf("%s: it has to say format, source and clock", f.path(headFile))
	}
	var err error
	if r.Each != "" {
		if r.Items, err = f.items(); err != nil {
			return nil, err
		}
	}
	r.Exchanges, err = f.exchanges()
	return r, err
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// text reads a file.
func (f *folder) text(name string) ([]byte, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, f.left+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if f.left -= int64(len(text)); f.left < 0 {
		return nil, fmt.Errorf("%s: the files are larger than %s", f.path(name), mostBytes)
	}
	return text, nil
}

func (f *folder) json(name string, into any) error {
	text, err := f.text(name)
	if err != nil {
		return err
	}
	return f.decode(name, text, into)
}

func (f *folder) decode(name string, text []byte, into any) error {
	err := json.Unmarshal(text, into, json.RejectUnknownMembers(true))
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("%s: at %s: %w", f.path(name), cmp.Or(string(wrong.JSONPointer), "/"), cmp.Or(wrong.Err, errKind))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path(name), err)
	}
	return nil
}

// errKind is what is wrong with a value of another kind than the one that belongs there.
var errKind = errors.New("this is not the kind of value that belongs here")

func (f *folder) items() ([]bridge.Item, error) {
	text, err := f.text(eachFile)
	if err != nil {
		return nil, err
	}
	var items []bridge.Item
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var one each
		if err := f.decode(eachFile, line, &one); err != nil {
			return nil, fmt.Errorf("item %d: %w", len(items)+1, err)
		}
		items = append(items, bridge.Item{Key: one.Key, Body: one.Item})
	}
	return items, nil
}

// exchanges reads them in the order of their numbers, of which none may be missing.
func (f *folder) exchanges() ([]Exchange, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, entry := range entries {
		known[entry.Name()] = regexp.MustCompile(`^\d{3,}\.json$`).MatchString(entry.Name())
	}
	var all []Exchange
	for i := 0; known[exchangeFile(i)] && i < mostFiles; i++ {
		e, err := f.exchange(exchangeFile(i))
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		delete(known, exchangeFile(i))
	}
	for _, entry := range entries {
		if known[entry.Name()] {
			return nil, fmt.Errorf("%s: there is no %s before it", f.path(entry.Name()), exchangeFile(len(all)))
		}
	}
	return all, nil
}

func (f *folder) exchange(name string) (Exchange, error) {
	var e Exchange
	if err := f.json(name, &e); err != nil {
		return e, err
	}
	if fault := e.fault(); fault != "" {
		return e, fmt.Errorf("%s: %s", f.path(name), fault)
	}
	if e.Answer == nil || e.Answer.File == "" {
		return e, nil
	}
	if !isName(e.Answer.File) {
		return e, fmt.Errorf("%s: the body %q is not the name of a file beside it", f.path(name), e.Answer.File)
	}
	body, err := f.text(e.Answer.File)
	if err != nil {
		return e, fmt.Errorf("the body of %s: %w", f.path(name), err)
	}
	e.Answer.body = body
	return e, nil
}

// fault says what an exchange lacks.
func (e Exchange) fault() string {
	bodies := 0
	for _, given := range []bool{len(e.Request.Body) > 0, e.Request.Text != "", e.Request.Sum != ""} {
		if given {
			bodies++
		}
	}
	switch {
	case e.Request.Method == "" || !strings.Contains(e.Request.URL, "://"):
		return "the request has to say method and url"
	case bodies > 1:
		return "the request has several bodies"
	case (e.Answer == nil) == (e.Failure == ""):
		return "there has to be an answer, or the failure that came instead"
	case e.Answer != nil && !slices.Contains([]int{2, 3, 4, 5}, e.Answer.Status/100):
		return fmt.Sprintf("%d is no status", e.Answer.Status)
	}
	return ""
}
