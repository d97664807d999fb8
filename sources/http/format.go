package http

import (
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// format is how a body is written; the empty one is told by its Content-Type.
type format string

const (
	formatJSON   format = "json"
	formatNDJSON format = "ndjson"
)

// accept is the header that asks for the format.
func (f format) accept() string {
	switch f {
	case formatJSON:
		return "application/json, */*;q=0.1"
	case formatNDJSON:
		return "application/x-ndjson, */*;q=0.1"
	}
	return "application/json, application/x-ndjson;q=0.9, */*;q=0.1"
}

// of tells the format of an answer, and refuses one that is of another.
func (f format) of(answer *fetch.Answer) (format, error) {
	header := answer.Header.Get("Content-Type")
	found, err := f.ofType(header)
	switch {
	case err != nil || found != formatNDJSON:
	case !answer.Bounded:
		return "", errors.New("an answer in lines that gives neither its length nor its end: " +
			"if it were cut off between two lines, nobody would know")
	case answer.Body.Size == 0 && formatOf(mediaType(header)) != formatNDJSON:
		return "", errors.New("an empty answer: only one whose Content-Type is that of NDJSON is taken for no items")
	}
	return found, err
}

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

func (f format) title() string {
	if f == formatNDJSON {
		return "NDJSON"
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

func formatOf(name string) format {
	lines := []string{
		"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
		"application/jsonlines", "application/x-jsonlines", "application/json-lines",
		"application/stream+json", "text/x-ndjson", "text/jsonl",
	}
	switch {
	case slices.Contains(lines, name):
		return formatNDJSON
	case name == "application/json", name == "text/json", strings.HasSuffix(name, "+json"):
		return formatJSON
	}
	return ""
}

// isVague tells the types that servers give to anything.
func isVague(name string) bool {
	return name == "" || name == "text/plain" || name == "application/octet-stream" || name == "binary/octet-stream"
}
