package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

// D19: a template sees event, before, after, change and key, and an absent path is null.
func TestABodyTemplateReplacesThePayload(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, `
		secret  = "`+secret+`"
		headers = { Content-Type = "application/vnd.chat+json" }
		body    = {
			text = "${event.type}: ${after.title}${after.missing}"
			from = before.state
			what = [change, key, event.id, event.revision, event.source, event.timestamp]
			none = after.missing
			all  = event.data.after.state
		}
	`)
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	want := `{"all":"closed","from":"open","none":null,"text":"tickets.updated: Ünder <&> 😀",` +
		`"what":["updated","42","evt_42_3",3,"tickets","2026-11-23T08:43:24.123Z"]}`
	if string(got.body) != want {
		t.Errorf("body is\n%s, not\n%s", got.body, want)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/vnd.chat+json" {
		t.Errorf("content-type is %q", kind)
	}
	verify(t, got, secret)
}

func TestABodyTemplateOverADeletedItemReadsItsAbsentStateAsNull(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, "unsigned = true\nbody = { was = before.state, is = after.state }")
	event := sinktest.Event("42", 3)
	event.Change, event.After = bridge.Deleted, nil
	if _, err := sink.Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if body := string(r.last(t).body); body != `{"is":null,"was":"open"}` {
		t.Errorf("body is %s", body)
	}
}

// D21
func TestABodyOverMaxBodyIsSentWithoutBeforeAndAfter(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, `secret = "`+secret+`"`)
	event := sinktest.Event("42", 3)
	event.After = []byte(`{"text":"` + strings.Repeat("x", 256<<10) + `"}`)
	if _, err := sink.Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	var payload struct {
		Type string
		Data map[string]any
	}
	if err := json.Unmarshal(got.body, &payload); err != nil {
		t.Fatal(err)
	}
	_, before := payload.Data["before"]
	_, after := payload.Data["after"]
	if payload.Type != event.Type || payload.Data["truncated"] != true || payload.Data["key"] != "42" || before || after {
		t.Errorf("body is %.300s", got.body)
	}
	verify(t, got, secret)
}

// D21
func TestABodyOfExactlyMaxBodyIsSentWhole(t *testing.T) {
	r := newReceiver(t, nil)
	event := sinktest.Event("42", 3)
	sink := newSink(t, r.URL, "unsigned = true\nmax_body = \"8KiB\"")
	event.After = []byte(`""`)
	if _, err := sink.Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	room := 8<<10 - len(r.last(t).body)
	for _, tc := range []struct {
		length int
		whole  bool
	}{{room, true}, {room + 1, false}} {
		event.After = []byte(`"` + strings.Repeat("x", tc.length) + `"`)
		if _, err := sink.Send(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if whole := !strings.Contains(string(r.last(t).body), `"truncated":true`); whole != tc.whole {
			t.Errorf("with %d bytes more the body is whole: %v", tc.length, whole)
		}
	}
}

// D21: what cannot be shortened is a dead letter with its reason, never cut.
func TestABodyThatIsTooLargeEvenShortenedIsPermanent(t *testing.T) {
	r := newReceiver(t, nil)
	long := sinktest.Event(strings.Repeat("k", 5000), 3)
	large := sinktest.Event("42", 3)
	large.After = []byte(`{"text":"` + strings.Repeat("x", 5000) + `"}`)
	for _, tc := range []struct {
		config string
		event  bridge.Event
	}{{"", long}, {"body = { all = after.text }", large}} {
		sink := newSink(t, r.URL, "unsigned = true\nmax_body = \"4KiB\"\n"+tc.config)
		_, err := sink.Send(t.Context(), tc.event)
		if !bridge.IsPermanent(err) || !strings.Contains(err.Error(), "max_body = 4KiB") {
			t.Errorf("error is %v", err)
		}
	}
	if len(r.all()) != 0 {
		t.Error("something was sent")
	}
}

// D19
func TestARunTimeErrorOfABodyTemplateIsPermanentAndSaysWhere(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, "unsigned = true\nbody = { n = after.title + 1 }")
	_, err := sink.Send(t.Context(), sinktest.Event("42", 3))
	if !bridge.IsPermanent(err) || !strings.Contains(err.Error(), "crm.hcl") {
		t.Errorf("error is %v", err)
	}
	if len(r.all()) != 0 {
		t.Error("something was sent")
	}
}
