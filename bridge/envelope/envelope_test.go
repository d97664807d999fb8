package envelope

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/bridge"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

func updated() bridge.Event {
	return bridge.Event{
		ID: "evt_1", Type: "github_issues.updated", Time: at("2026-11-23T08:43:24.123Z"),
		Source: "github_issues", Key: "42", Change: bridge.Updated, Revision: 3,
		Before: []byte(`{"state":"open"}`), After: []byte(`{"state":"closed"}`), Changed: []string{"/state"},
		From: at("2026-11-23T08:42:24Z"), To: at("2026-11-23T08:43:24Z"),
	}
}

// The first payload is the one of the contract, letter by letter.
func TestAReceiverGetsThePayloadOfTheContract(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*bridge.Event)
		want   string
	}{
		{
			"updated", func(*bridge.Event) {},
			`{"type":"github_issues.updated","timestamp":"2026-11-23T08:43:24.123Z",` +
				`"data":{"source":"github_issues","key":"42","change":"updated","revision":3,` +
				`"before":{"state":"open"},"after":{"state":"closed"},"changed":["/state"],` +
				`"observed":{"from":"2026-11-23T08:42:24Z","to":"2026-11-23T08:43:24Z"}}}`,
		},
		{
			"created in a snapshot, without a window",
			func(e *bridge.Event) {
				e.Type, e.Change, e.Revision, e.Snapshot = "s.created", bridge.Created, 1, true
				e.Before, e.Changed, e.From, e.To = nil, nil, time.Time{}, time.Time{}
			},
			`{"type":"s.created","timestamp":"2026-11-23T08:43:24.123Z",` +
				`"data":{"source":"github_issues","key":"42","change":"created","revision":1,` +
				`"before":null,"after":{"state":"closed"},"changed":[],"snapshot":true}}`,
		},
		{
			"deleted, in another zone, with an open window in broken seconds",
			func(e *bridge.Event) {
				e.Type, e.Change, e.After, e.Changed = "s.deleted", bridge.Deleted, nil, nil
				e.Time = at("2026-11-23T10:43:24+02:00")
				e.From, e.To = time.Time{}, at("2026-11-23T10:43:24.5+02:00")
			},
			`{"type":"s.deleted","timestamp":"2026-11-23T08:43:24.000Z",` +
				`"data":{"source":"github_issues","key":"42","change":"deleted","revision":3,` +
				`"before":{"state":"open"},"after":null,"changed":[],"observed":{"to":"2026-11-23T08:43:24.5Z"}}}`,
		},
		{
			"with text that needs quoting and none that HTML would",
			func(e *bridge.Event) {
				e.Type, e.Source, e.Key = "t.é", "a&b", "<\"\\\n😀>\xff"
				e.Changed = []string{"/a~1b", "/é<&>"}
				e.From = time.Time{}
				e.To = time.Time{}
			},
			`{"type":"t.é","timestamp":"2026-11-23T08:43:24.123Z",` +
				`"data":{"source":"a&b","key":"<\"\\\n😀>` + "\uFFFD" + `","change":"updated","revision":3,` +
				`"before":{"state":"open"},"after":{"state":"closed"},"changed":["/a~1b","/é<&>"]}}`,
		},
		{
			"with data of its own",
			func(e *bridge.Event) {
				e.Type, e.Change, e.Data = "source.failing", bridge.None, []byte(`{"source":"x","reason":"<y>"}`)
			},
			`{"type":"source.failing","timestamp":"2026-11-23T08:43:24.123Z","data":{"source":"x","reason":"<y>"}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := updated()
			test.change(&e)
			check(t, Standard(e), test.want)
		})
	}
}

// Statement D21: over the bound, the payload goes without before and after, and says so.
func TestATruncatedPayloadLacksTheItemAndSaysSo(t *testing.T) {
	e := updated()
	e.Snapshot = true
	check(t, Around(e, TruncatedData(e)), `{"type":"github_issues.updated","timestamp":"2026-11-23T08:43:24.123Z",`+
		`"data":{"source":"github_issues","key":"42","change":"updated","revision":3,"changed":["/state"],"snapshot":true,`+
		`"observed":{"from":"2026-11-23T08:42:24Z","to":"2026-11-23T08:43:24Z"},"truncated":true}}`)
	e.Data = []byte(`{"text":"` + strings.Repeat("x", 1000) + `"}`)
	check(t, Around(e, TruncatedData(e)), `{"type":"github_issues.updated","timestamp":"2026-11-23T08:43:24.123Z",`+
		`"data":{"source":"github_issues","key":"42","change":"updated","revision":3,"truncated":true}}`)
}

// Row SW-3 of the vectors: characters beyond ASCII and those special to HTML are sent as they are, and the
// bytes signed are the bytes of the payload.
func TestTextIsSentAsItIsAndSignedSo(t *testing.T) {
	const body = `{"type":"t.é","data":{"emoji":"😀","html":"<&>"}}`
	const secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	hook, err := standard.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", time.Unix(1674087231, 0), []byte(body))
	if err != nil || signature != "v1,rrlPp4R/ZYmJxP7ZC7hRPPQqrPbehXNZ2OMpU8DtP6A=" {
		t.Fatalf("the vector does not hold: %s, %v", signature, err)
	}
	e := bridge.Event{Type: "t.é", Data: []byte(`{"emoji":"😀","html":"<&>"}`)}
	without := strings.Replace(string(Standard(e)), `"timestamp":"0001-01-01T00:00:00.000Z",`, "", 1)
	if without != body {
		t.Fatalf("got %s", without)
	}
}

func TestDataIsThePartOfThePayloadUnderData(t *testing.T) {
	e := updated()
	if want := `"data":` + string(Data(e)) + `}`; !strings.HasSuffix(string(Standard(e)), want) {
		t.Fatalf("%s is not in %s", want, Standard(e))
	}
}

func TestTheSameEventGivesTheSameBytes(t *testing.T) {
	first, again := Standard(updated()), Standard(updated())
	if string(first) != string(again) {
		t.Fatal("two payloads of one event differ")
	}
}

func check(t *testing.T, got []byte, want string) {
	t.Helper()
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !utf8.Valid(got) || !jsontext.Value(got).IsValid() {
		t.Errorf("no valid JSON: %s", got)
	}
}
