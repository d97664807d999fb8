package command

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// maxReceived bounds the body of a request that the receiver reads.
const maxReceived = 32 << 20

// receiver takes webhooks, checks their signatures, and prints them.
type receiver struct {
	keys []signature.Key // none: signatures are not checked
	json bool
	out  io.Writer
	mu   sync.Mutex
	seen map[string]bool // ids
}

func newReceiver(out io.Writer, asJSON bool, keys ...signature.Key) *receiver {
	return &receiver{keys: keys, json: asJSON, out: out, seen: map[string]bool{}}
}

// payload is what a receiver of the standard payload reads of it.
type payload struct {
	Type string `json:"type"`
	Data struct {
		Key     string         `json:"key"`
		Change  string         `json:"change"`
		Before  jsontext.Value `json:"before"`
		After   jsontext.Value `json:"after"`
		Changed []string       `json:"changed"`
	} `json:"data"`
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxReceived))
	if err != nil {
		http.Error(w, "read body: "+err.Error(), http.StatusBadRequest)
		return
	}
	verdict := "not checked"
	if len(r.keys) > 0 {
		if err := signature.Verify(request.Header, body, time.Now(), r.keys...); err != nil {
			r.print(request, body, "REFUSED: "+err.Error())
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		verdict = "signature ok"
	}
	if r.again(request.Header.Get(signature.HeaderID)) {
		verdict += ", again"
	}
	r.print(request, body, verdict)
	w.WriteHeader(http.StatusNoContent)
}

// again takes note of the id of a webhook that was taken, and reports whether one with it was before.
func (r *receiver) again(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.seen[id]
	r.seen[id] = true
	return before && id != ""
}

// print writes one line for each request, whole.
func (r *receiver) print(request *http.Request, body []byte, verdict string) {
	id := request.Header.Get(signature.HeaderID)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		_, _ = fmt.Fprintf(r.out, "%s\n", received(id, verdict, body))
		return
	}
	_, _ = fmt.Fprintf(r.out, "%s  %s  [%s]\n", time.Now().Format(time.TimeOnly), describe(body), verdict)
}

func received(id, verdict string, body []byte) []byte {
	line := struct {
		ID      string `json:"id"`
		Verdict string `json:"verdict"`
		Body    any    `json:"body"`
	}{id, verdict, jsontext.Value(body)}
	if !jsontext.Value(body).IsValid() {
		line.Body = string(body)
	}
	text, err := json.Marshal(line, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// describe tells an event in a line: its type and key, and what is new.
func describe(body []byte) string {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil || p.Type == "" {
		return printable(body)
	}
	line := fmt.Sprintf("%-16s %-8s", p.Type, p.Data.Key)
	switch p.Data.Change {
	case "updated":
		return line + " " + differences(p)
	case "created":
		return line + " " + printable(p.Data.After)
	case "deleted":
		return line + " was " + printable(p.Data.Before)
	}
	return line + " " + printable(body)
}

func differences(p payload) string {
	var parts []string
	for _, pointer := range p.Data.Changed {
		parts = append(parts, fmt.Sprintf("%s: %s → %s", pointer, at(p.Data.Before, pointer), at(p.Data.After, pointer)))
	}
	return strings.Join(parts, ", ")
}

// at returns the value at a JSON Pointer, for people.
func at(document jsontext.Value, pointer string) string {
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return "nothing"
	}
	for token := range jsontext.Pointer(pointer).Tokens() {
		value = step(value, token)
	}
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil || value == nil {
		return "nothing"
	}
	return printable(text)
}

func step(value any, token string) any {
	switch v := value.(type) {
	case map[string]any:
		return v[token]
	case []any:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	return nil
}

// printable bounds a text for a line of a terminal, and takes control characters out.
func printable(text []byte) string {
	const most = 200
	line := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(string(text[:min(len(text), most)]), ""))
	if len(text) > most {
		return line + "…"
	}
	return line
}
