package receiver

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// A webhook is one request, and what became of it.
type webhook struct {
	request *http.Request
	body    []byte
	at      time.Time

	id     string
	kind   string // the type of the event
	format string // as the configuration of sinks calls it; "": none that is known
	root   jsontext.Pointer
	data   data
	batch  []*webhook // the events that came together; nil: it is one event

	verdict   verdict
	taken     bool
	again     bool // one with its id was taken before
	answered  int
	forwarded *forwarded
}

// data is what is read of the data of an event.
type data struct {
	Key     string         `json:"key"`
	Change  string         `json:"change"`
	Before  jsontext.Value `json:"before"`
	After   jsontext.Value `json:"after"`
	Changed []string       `json:"changed"`
}

// payload is what is read of an event around its data, standard or CloudEvent.
type payload struct {
	Specversion string         `json:"specversion"`
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Data        jsontext.Value `json:"data"`
}

// read takes a request apart, as far as it is known how.
func read(request *http.Request, body []byte) *webhook {
	w := &webhook{request: request, body: body, at: time.Now(), id: request.Header.Get(signature.HeaderID)}
	if request.Header.Get("Ce-Specversion") != "" {
		w.id = orElse(w.id, request.Header.Get("Ce-Id"))
		w.kind, w.format = request.Header.Get("Ce-Type"), "cloudevents_binary"
		w.take(body)
		return w
	}
	if len(body) > 0 && body[0] == '[' {
		w.batch = readBatch(request, body)
		return w
	}
	w.readPayload(body, "")
	return w
}

// readPayload reads the event that stands at a place in the body.
func (w *webhook) readPayload(raw []byte, at jsontext.Pointer) {
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil || p.Type == "" {
		return
	}
	w.kind, w.format, w.root = p.Type, "standard", at+"/data"
	if isStructured(w.request.Header.Get("Content-Type")) {
		w.id, w.format = orElse(w.id, p.ID), "cloudevents"
	}
	w.take(p.Data)
}

// readBatch reads the events of an array; nil where it holds something else.
func readBatch(request *http.Request, body []byte) (batch []*webhook) {
	var elements []jsontext.Value
	if json.Unmarshal(body, &elements) != nil {
		return nil
	}
	for i, element := range elements {
		one := &webhook{request: request, body: element}
		one.readPayload(element, jsontext.Pointer("/"+strconv.Itoa(i)))
		if one.kind == "" {
			return nil
		}
		batch = append(batch, one)
	}
	return batch
}

// take reads the data, which may well be something else.
func (w *webhook) take(raw []byte) {
	var d data
	if err := json.Unmarshal(raw, &d); err == nil {
		w.data = d
	}
}

func isStructured(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), envelope.TypeStructured)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
