package receiver

import (
	"net/http"
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
	var p payload
	if err := json.Unmarshal(body, &p); err != nil || p.Type == "" {
		return w
	}
	w.kind, w.format, w.root = p.Type, "standard", "/data"
	if isStructured(request.Header.Get("Content-Type")) {
		w.id, w.format = orElse(w.id, p.ID), "cloudevents"
	}
	w.take(p.Data)
	return w
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
