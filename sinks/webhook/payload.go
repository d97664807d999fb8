package webhook

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// payload is the body to send, in its format: with the template's value, else with the event's data, without
// before and after where it would be too large with them.
func (w *Webhook) payload(e bridge.Event) ([]byte, error) {
	data, err := w.contents(e)
	if err != nil {
		return nil, err
	}
	body := w.format.write(e, data)
	if len(body) <= w.maxBody {
		return body, nil
	}
	if w.body == nil {
		body = w.format.write(e, envelope.TruncatedData(e))
	}
	if len(body) > w.maxBody {
		return nil, fmt.Errorf("%d bytes, more than max_body = %s", len(body), setting.Bytes(w.maxBody))
	}
	return body, nil
}

func (w *Webhook) contents(e bridge.Event) ([]byte, error) {
	if w.body == nil {
		return envelope.Data(e), nil
	}
	return w.body.JSON(scope(e))
}

// scope gives a template the event, and under event its data as well, made once and only if it is read.
func scope(e bridge.Event) expr.Scope {
	given := expr.Event(e)
	event := sync.OnceValue(func() []byte {
		envelopeOnly := given.Read(expr.Ref{Root: "event"})
		open, _ := bytes.CutSuffix(envelopeOnly, []byte("}"))
		return slices.Concat(open, []byte(`,"data":`), envelope.Data(e), []byte("}"))
	})
	return expr.Scope{Changed: given.Changed, Read: func(ref expr.Ref) []byte {
		if ref.Root == "event" {
			return ref.Path.Find(event())
		}
		return given.Read(ref)
	}}
}

// A bodyError tells that there is nothing to send.
type bodyError struct{ cause error }

func (e *bodyError) Error() string { return "make body: " + e.cause.Error() }
func (e *bodyError) Unwrap() error { return e.cause }

// Class names the kind of failure.
func (e *bodyError) Class() string { return "body" }
