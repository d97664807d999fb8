package receiver

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// record is a webhook for machines.
type record struct {
	ID        string              `json:"id"`
	Verdict   string              `json:"verdict"`
	Schemes   []schemeRecord      `json:"schemes"`
	Format    string              `json:"format,omitempty"`
	Method    string              `json:"method"`
	URL       string              `json:"url"`
	Headers   map[string][]string `json:"headers"`
	Answered  int                 `json:"answered"`
	Forwarded *forwarded          `json:"forwarded,omitempty"`
	Body      any                 `json:"body"`
}

type schemeRecord struct {
	Scheme string `json:"scheme"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
}

// json tells a webhook in a line of JSON. A body that is no JSON is a string in it.
func (w *webhook) json() string {
	line := record{
		ID: w.id, Verdict: w.summary(), Schemes: []schemeRecord{}, Format: w.format,
		Method: w.request.Method, URL: w.request.RequestURI, Headers: shown(w.request.Header),
		Answered: w.answered, Forwarded: w.forwarded, Body: jsontext.Value(w.body),
	}
	for _, one := range w.verdict.schemes {
		scheme := schemeRecord{Scheme: one.scheme, OK: one.err == nil}
		if one.err != nil {
			scheme.Error = one.err.Error()
		}
		line.Schemes = append(line.Schemes, scheme)
	}
	if !jsontext.Value(w.body).IsValid() {
		line.Body = string(w.body)
	}
	text, err := json.Marshal(line, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return safe(err.Error()) + "\n"
	}
	return safe(string(text)) + "\n"
}

// shown are the headers that may be seen by who looks over the shoulder, or gets the output to read.
func shown(header http.Header) map[string][]string {
	all := map[string][]string{}
	for name, values := range header {
		if slices.Contains([]string{"Authorization", "Proxy-Authorization", "Cookie"}, name) {
			values = []string{"(sensitive)"}
		}
		all[strings.ToLower(name)] = values
	}
	return all
}

func sortedNames(header map[string][]string) []string { return slices.Sorted(maps.Keys(header)) }
