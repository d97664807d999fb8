package stdout_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/stdout"
)

func TestStdoutIsASink(t *testing.T) {
	out := &output{}
	sinktest.Run(t, sinktest.Case{
		Kind:     stdout.Kind(out),
		Config:   func(string) string { return "" },
		Received: func(t *testing.T) []string { return ids(t, out.text()) },
	})
}

func TestALineIsThePayloadWithTheIDFirst(t *testing.T) {
	out := &output{}
	event := sinktest.Event("42", 3)
	if _, err := sinktest.New(t, stdout.Kind(out), "").Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"evt_42_3",` + strings.TrimPrefix(string(envelope.Standard(event)), "{") + "\n"
	if out.text() != want {
		t.Errorf("printed\n%s, not\n%s", out.text(), want)
	}
}

func TestASinkThatWaitsForAnotherToPrintHeedsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		kind := stdout.Kind(writer)
		stuck := make(chan error)
		go func() {
			_, err := sinktest.New(t, kind, "").Send(t.Context(), sinktest.Event("42", 1))
			stuck <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := sinktest.New(t, kind, "").Send(ctx, sinktest.Event("42", 2)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		if line, err := bufio.NewReader(reader).ReadString('\n'); err != nil || !strings.Contains(line, "evt_42_1") {
			t.Errorf("read %q, %v", line, err)
		}
		if err := <-stuck; err != nil {
			t.Error(err)
		}
	})
}

func TestALineThatWasCutShortIsClosedBeforeTheNext(t *testing.T) {
	out := &output{room: 30}
	sink := sinktest.New(t, stdout.Kind(out), "")
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 1)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("error is %v", err)
	}
	out.room = 0
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 1)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.text(), "\n")
	if len(lines) != 3 || !json.Valid([]byte(lines[1])) || len(lines[0]) != 30 {
		t.Errorf("printed %q", lines)
	}
}

// output is a writer that may run out of room.
type output struct {
	mu      sync.Mutex
	written bytes.Buffer
	room    int
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.room > 0 && len(p) > o.room {
		n, _ := o.written.Write(p[:o.room])
		return n, io.ErrShortWrite
	}
	return o.written.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written.String()
}

func ids(t *testing.T, text string) []string {
	t.Helper()
	var ids []string
	for line := range strings.Lines(text) {
		var event struct{ ID string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		ids = append(ids, event.ID)
	}
	return ids
}
