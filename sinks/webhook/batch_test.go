package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

func newBatcher(t *testing.T, url, more string) bridge.Batcher {
	t.Helper()
	sink, ok := newSink(t, url, "secret = \""+secret+"\"\n"+more).(bridge.Batcher)
	if !ok {
		t.Fatal("the sink sends no batches")
	}
	return sink
}

func some(keys string) (events []bridge.Event) {
	for key := range strings.FieldsSeq(keys) {
		events = append(events, sinktest.Event(key, 1))
	}
	return events
}

// D2 for batches: one request under the batch's id, signed as it is sent.
func TestABatchIsOneSignedArrayInWhichEachEventBearsItsID(t *testing.T) {
	r := newReceiver(t, nil)
	receipt, err := newBatcher(t, r.URL, "").SendBatch(t.Context(), "evt_batch", some("a b c"))
	if err != nil || receipt.Status != 200 || len(r.all()) != 1 {
		t.Fatalf("%+v, %v after %d requests", receipt, err, len(r.all()))
	}
	got := r.last(t)
	verify(t, got, secret)
	if id, kind := got.header.Get("Webhook-Id"), got.header.Get("Content-Type"); id != "evt_batch" || kind != "application/json" {
		t.Errorf("id %q, type %q", id, kind)
	}
	if ids := idsIn(t, got.body, "type", "timestamp", "data"); ids != "evt_a_1 evt_b_1 evt_c_1" {
		t.Errorf("it holds %s", ids)
	}
}

func TestABatchOfCloudEventsIsInTheirBatchFormat(t *testing.T) {
	r := newReceiver(t, nil)
	if _, err := newBatcher(t, r.URL, `format = "cloudevents"`).SendBatch(t.Context(), "evt_batch", some("a b")); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	if kind := got.header.Get("Content-Type"); kind != "application/cloudevents-batch+json" {
		t.Errorf("its type is %q", kind)
	}
	if ids := idsIn(t, got.body, "specversion", "source", "data"); ids != "evt_a_1 evt_b_1" {
		t.Errorf("it holds %s", ids)
	}
}

// idsIn returns the ids of the elements, each of which has these members.
func idsIn(t *testing.T, body []byte, members ...string) string {
	t.Helper()
	var elements []map[string]any
	if err := json.Unmarshal(body, &elements); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var ids []string
	for _, element := range elements {
		for _, member := range members {
			if element[member] == nil {
				t.Errorf("an element has no %s: %v", member, element)
			}
		}
		ids = append(ids, element["id"].(string))
	}
	return strings.Join(ids, " ")
}

// D21 for batches: what fits leaves whole, and what does not fit alone leaves without before and after.
func TestABatchHoldsWhatFitsIntoItsBody(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newBatcher(t, r.URL, `max_body = "4KiB"`)
	events := some("a b c d e f g h i j k l m n o p q r s t u v w x y z")
	fits := sink.Fit(events)
	if fits < 5 || fits == len(events) {
		t.Fatalf("%d events fit", fits)
	}
	if _, err := sink.SendBatch(t.Context(), "evt_batch", events[:fits]); err != nil {
		t.Errorf("what fits does not: %v", err)
	}
	_, err := sink.SendBatch(t.Context(), "evt_batch", events[:fits+1])
	if !bridge.IsPermanent(err) || !strings.Contains(err.Error(), "max_body = 4KiB") {
		t.Errorf("what does not fit: %v", err)
	}
	large := events[0]
	large.After = []byte(`"` + strings.Repeat("x", 8<<10) + `"`)
	if fits := sink.Fit([]bridge.Event{large, events[1]}); fits < 1 {
		t.Fatalf("of one that is too large %d fit", fits)
	}
	if _, err := sink.SendBatch(t.Context(), large.ID, []bridge.Event{large}); err != nil {
		t.Fatal(err)
	}
	if body := string(r.last(t).body); !strings.Contains(body, `"truncated":true`) || strings.Contains(body, "xxx") {
		t.Errorf("sent %.200s", body)
	}
}

func TestAShapeOfOneEventSendsNoBatches(t *testing.T) {
	for _, more := range []string{`format = "cloudevents_binary"`, "body = { text = key }"} {
		if _, ok := newSink(t, "http://localhost", "secret = \""+secret+"\"\n"+more).(bridge.Batcher); ok {
			t.Errorf("%s sends batches", more)
		}
	}
}
