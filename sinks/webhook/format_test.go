package webhook_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

// D14
func TestAStructuredCloudEventIsSentAndSigned(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, "secret = \""+secret+"\"\nformat = \"cloudevents\"")
	event := sinktest.Event("ä 42", 3)
	event.ID = "evt_1"
	if _, err := sink.Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	want := `{"specversion":"1.0","id":"evt_1","source":"/hookbridge/tickets","type":"tickets.updated",` +
		`"time":"2026-11-23T08:43:24.123Z","subject":"ä 42","datacontenttype":"application/json",` +
		`"data":` + string(envelope.Data(event)) + `}`
	if string(got.body) != want || got.header.Get("Content-Type") != "application/cloudevents+json" {
		t.Errorf("%s\n%s\nnot\n%s", got.header.Get("Content-Type"), got.body, want)
	}
	for name := range got.header {
		if strings.HasPrefix(name, "Ce-") {
			t.Errorf("%s is sent in structured mode", name)
		}
	}
	verify(t, got, secret)
}

// D14
func TestABinaryCloudEventIsItsDataWithAttributesInHeaders(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, `
		secret    = "`+secret+`"
		format    = "cloudevents_binary"
		ce_source = "https://bridge.example.com/"
	`)
	event := sinktest.Event("42", 3)
	if _, err := sink.Send(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	if !bytes.Equal(got.body, envelope.Data(event)) {
		t.Errorf("the body is %s", got.body)
	}
	for name, want := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "evt_42_3", "Ce-Source": "https://bridge.example.com/tickets",
		"Ce-Type": "tickets.updated", "Ce-Time": "2026-11-23T08:43:24.123Z", "Ce-Subject": "42",
		"Content-Type": "application/json", "Ce-Datacontenttype": "",
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	verify(t, got, secret)
}

// A template takes the place of the data; the attributes stay.
func TestATemplateReplacesTheDataOfACloudEvent(t *testing.T) {
	r := newReceiver(t, nil)
	const body = "unsigned = true\nbody = { text = \"${event.type}: ${after.title}\" }\n"
	const data = `{"text":"tickets.updated: Ünder <&> 😀"}`
	if _, err := newSink(t, r.URL, body+`format = "cloudevents"`).Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	if got := string(r.last(t).body); !strings.HasPrefix(got, `{"specversion":"1.0","id":"evt_42_3"`) || !strings.HasSuffix(got, `"data":`+data+`}`) {
		t.Errorf("the body is %s", got)
	}
	typed := body + "format = \"cloudevents_binary\"\nheaders = { content-type = \"application/vnd.x+json\" }"
	if _, err := newSink(t, r.URL, typed).Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	if string(got.body) != data || got.header.Get("Ce-Id") != "evt_42_3" || got.header.Get("Content-Type") != "application/vnd.x+json" {
		t.Errorf("%v %s", got.header, got.body)
	}
}

// D21, of CloudEvents: over max_body they are sent without before and after, whole as events.
func TestACloudEventOverMaxBodyIsSentWithoutBeforeAndAfter(t *testing.T) {
	r := newReceiver(t, nil)
	event := sinktest.Event("42", 3)
	event.After = []byte(`{"text":"` + strings.Repeat("x", 8<<10) + `"}`)
	for format, within := range map[string]bool{"cloudevents": true, "cloudevents_binary": false} {
		sink := newSink(t, r.URL, "unsigned = true\nmax_body = \"8KiB\"\nformat = \""+format+`"`)
		if _, err := sink.Send(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Specversion string
			Data        json.RawMessage
		}
		got.Data = r.last(t).body
		if within {
			if err := json.Unmarshal(r.last(t).body, &got); err != nil || got.Specversion != "1.0" {
				t.Errorf("%s: %v: %s", format, err, r.last(t).body)
			}
		}
		if string(got.Data) != string(envelope.TruncatedData(event)) {
			t.Errorf("%s: the data are %.200s", format, got.Data)
		}
	}
}
