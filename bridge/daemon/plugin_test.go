package daemon

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
)

// newSource makes a source of the kind "test".
func (w *world) newSource(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
	note, diags := noteOf(body)
	time.Sleep(w.building)
	if w.refused {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Refused", Subject: body.MissingItemRange().Ptr()})
	}
	return &testSource{w, env.Name, note}, diags
}

// noteOf reads the one attribute that both kinds have.
func noteOf(body hcl.Body) (string, hcl.Diagnostics) {
	content, diags := body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "note"}}})
	if diags.HasErrors() || content.Attributes["note"] == nil {
		return "", diags
	}
	value, diags := content.Attributes["note"].Expr.Value(nil)
	return value.AsString(), diags
}

type testSource struct {
	*world
	name, note string
}

func (s *testSource) Poll(ctx context.Context, _ bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	s.mu.Lock()
	ids, err, slow := s.items[s.name], s.fails[s.name], s.slow
	s.built = append(s.built, s.name+s.note)
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return bridge.Outcome{}, ctx.Err()
	}
	for _, id := range ids {
		if err := yield(bridge.Item{Key: id, Body: []byte(`{"id":"` + id + `"}`)}); err != nil {
			return bridge.Outcome{}, err
		}
	}
	return bridge.Outcome{Coverage: bridge.Complete}, err
}

// newSink makes a sink of the kind "test".
func (w *world) newSink(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	note, diags := noteOf(body)
	return &testSink{w, env.Name, note}, diags
}

type testSink struct {
	*world
	name, note string
}

// Send takes the event, unless its key begins with "bad".
func (s *testSink) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	hold, deaf := s.enter()
	defer s.leave()
	if hold != nil {
		select {
		case <-hold:
		case <-cutOff(ctx, deaf):
			return bridge.Receipt{}, ctx.Err()
		}
	}
	if strings.HasPrefix(e.Key, "bad") {
		return bridge.Receipt{Status: 500}, errors.New("status 500")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, s.name+s.note+": "+e.Type+" "+e.Key)
	return bridge.Receipt{Status: 200}, nil
}

func cutOff(ctx context.Context, deaf bool) <-chan struct{} {
	if deaf {
		return nil
	}
	return ctx.Done()
}

func (s *testSink) enter() (hold chan struct{}, deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
	return s.hold, s.deaf
}

func (s *testSink) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
}
