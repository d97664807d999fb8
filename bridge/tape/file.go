package tape

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A File is one of those that a recording is kept in.
type File struct {
	Name    string
	Content []byte
}

const (
	headFile = "recording.json"
	eachFile = "each.ndjson"
)

func exchangeFile(i int) string { return fmt.Sprintf("%03d.json", i+1) }

// Files writes the recording down.
func (r *Recording) Files() ([]File, error) {
	head, err := pretty(r)
	if err != nil {
		return nil, err
	}
	files := []File{{headFile, head}}
	if r.Each != "" {
		each, err := eachOf(r)
		if err != nil {
			return nil, err
		}
		files = append(files, File{eachFile, each})
	}
	for i, e := range r.Exchanges {
		both, err := e.files(i)
		if err != nil {
			return nil, err
		}
		files = append(files, both...)
	}
	return files, nil
}

func pretty(value any) ([]byte, error) {
	text, err := jsonv2.Marshal(value, jsonv2.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("write recording: %w", err)
	}
	return append(text, '\n'), nil
}

// An each is a line of each.ndjson.
type each struct {
	Key  string         `json:"key"`
	Item jsontext.Value `json:"item"`
}

func eachOf(r *Recording) ([]byte, error) {
	var lines bytes.Buffer
	for _, item := range r.Items {
		line, err := jsonv2.Marshal(each{item.Key, item.Body})
		if err != nil {
			return nil, fmt.Errorf("write item %q: %w", item.Key, err)
		}
		lines.Write(append(line, '\n'))
	}
	return lines.Bytes(), nil
}

// files writes an exchange, and the body of its answer.
func (e Exchange) files(i int) ([]File, error) {
	var files []File
	if e.Answer != nil && len(e.Answer.body) > 0 {
		answer := *e.Answer
		e.Answer = &answer
		extension := extensionOf(answer.Headers["Content-Type"], answer.body)
		answer.File = fmt.Sprintf("%03d.body.%s", i+1, extension)
		files = append(files, File{answer.File, answer.laidOut(extension)})
		e.Answer.File = answer.File
	}
	text, err := pretty(e)
	return append([]File{{exchangeFile(i), text}}, files...), err
}

// laidOut writes JSON on many lines, so that people can read and change it, and leaves everything else: of what was
// refused the first words are told as they are.
func (a *Answer) laidOut(extension string) []byte {
	var lines bytes.Buffer
	if extension != "json" || a.Status/100 != 2 || json.Indent(&lines, bytes.TrimSpace(a.body), "", "  ") != nil {
		return a.body
	}
	lines.WriteByte('\n')
	return lines.Bytes()
}

// extensionOf names what a body holds, by its type and by its looks.
func extensionOf(contentType []string, body []byte) string {
	media := ""
	if len(contentType) > 0 {
		media, _, _ = mime.ParseMediaType(contentType[0])
	}
	for _, known := range []struct{ part, extension string }{
		{"ndjson", "ndjson"},
		{"jsonl", "ndjson"},
		{"json-lines", "ndjson"},
		{"json", "json"},
		{"csv", "csv"},
		{"tab-separated", "tsv"},
		{"html", "html"},
		{"xml", "xml"},
	} {
		if strings.Contains(media, known.part) {
			return known.extension
		}
	}
	switch {
	case json.Valid(body):
		return "json"
	case utf8.Valid(body):
		return "txt"
	}
	return "bin"
}
