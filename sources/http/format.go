package http

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
	"github.com/hookbridge/hookbridge/sources/internal/transcode"
)

// format is how a body is written; the empty one is told by its Content-Type.
type format string

const (
	formatJSON   format = "json"
	formatNDJSON format = "ndjson"
	formatCSV    format = "csv"
	formatXML    format = "xml"
)

// accept is the header that asks for the format.
func (f format) accept() string {
	switch f {
	case formatJSON:
		return "application/json, */*;q=0.1"
	case formatNDJSON:
		return "application/x-ndjson, */*;q=0.1"
	case formatCSV:
		return "text/csv, */*;q=0.1"
	case formatXML:
		return "application/xml, text/xml;q=0.9, */*;q=0.1"
	}
	return "application/json, application/x-ndjson;q=0.9, */*;q=0.1"
}

// of tells the format of an answer, and refuses one that is of another.
func (f format) of(answer *fetch.Answer) (format, error) {
	header := answer.Header.Get("Content-Type")
	found, err := f.ofType(header)
	switch {
	case err != nil || !found.inLines():
	case !answer.Bounded:
		return "", errors.New("an answer in lines that gives neither its length nor its end: " +
			"if it were cut off between two lines, nobody would know")
	case answer.Body.Size == 0 && formatOf(mediaType(header)) != found:
		return "", fmt.Errorf("an empty answer: only one whose Content-Type is that of %s is taken for no items", found.title())
	}
	return found, err
}

// inLines reports whether a body that is cut off between two lines looks like a whole one.
func (f format) inLines() bool { return f == formatNDJSON || f == formatCSV }

func (f format) ofType(header string) (format, error) {
	name := mediaType(header)
	told := formatOf(name)
	switch {
	case told != "" && (told == f || f == ""):
		return told, nil
	case f == formatNDJSON && told == formatJSON:
		return f, nil // servers call a stream of JSON values JSON
	case f != "" && told == "" && isVague(name):
		return f, nil
	case told != "":
		return "", fmt.Errorf("answered %s, not %s: set format = %q", name, f.title(), told)
	case name == "":
		return "", errors.New("answered without a Content-Type: set format")
	case isVague(name):
		return "", fmt.Errorf("answered %s, which may be anything: set format", name)
	case name == "text/html" || name == "application/xhtml+xml":
		return "", fmt.Errorf("answered %s, not %s: a login page or an error page?", name, f.title())
	}
	return "", fmt.Errorf("answered %s, not %s", name, f.title())
}

// ofError tells how the body of an answer can be read that may be an error of another format; the empty format
// cannot be read.
func (f format) ofError(answer *fetch.Answer) format {
	name := mediaType(answer.Header.Get("Content-Type"))
	told := formatOf(name)
	switch {
	case answer.Status/100 == 2 && f == formatNDJSON:
		return f
	case told != "":
		return told
	case !isVague(name):
		return ""
	case f == formatXML:
		return f
	}
	return formatJSON
}

func (f format) title() string {
	switch f {
	case formatNDJSON:
		return "NDJSON"
	case formatCSV:
		return "CSV"
	case formatXML:
		return "XML"
	}
	return "JSON"
}

// mediaType returns the type without its parameters, in lower case and bounded.
func mediaType(header string) string {
	name, _, err := mime.ParseMediaType(header)
	if err != nil {
		name, _, _ = strings.Cut(header, ";")
		name = strings.ToLower(strings.TrimSpace(name))
	}
	return fmt.Sprintf("%.100s", name)
}

// tabs is the type of CSV whose columns stand between tabs.
const tabs = "text/tab-separated-values"

func formatOf(name string) format {
	lines := []string{
		"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
		"application/jsonlines", "application/x-jsonlines", "application/json-lines",
		"application/stream+json", "text/x-ndjson", "text/jsonl",
	}
	switch {
	case slices.Contains(lines, name):
		return formatNDJSON
	case name == "application/json", name == "text/json", strings.HasSuffix(name, "+json"),
		strings.HasPrefix(name, "application/x-amz-json-"): // AWS has a type of its own, with a version
		return formatJSON
	case name == "text/csv", name == "application/csv", name == "text/x-csv", name == tabs:
		return formatCSV
	case name == "application/xhtml+xml":
		return ""
	case name == "application/xml", name == "text/xml", strings.HasSuffix(name, "+xml"):
		return formatXML
	}
	return ""
}

// isVague tells the types that servers give to anything.
func isVague(name string) bool {
	return name == "" || name == "text/plain" || name == "application/octet-stream" || name == "binary/octet-stream"
}

// decodeXML returns the text of an XML answer in UTF-8.
func decodeXML(answer *fetch.Answer) (io.Reader, error) {
	return transcode.DecodeXML(answer.Body.Reader(), answer.Header.Get("Content-Type"))
}
