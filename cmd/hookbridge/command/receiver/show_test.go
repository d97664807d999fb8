package receiver

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is all that acts on a terminal: escape sequences of both kinds, and text that runs backwards.
const hostile = "\x1b[2J\u009b31m\x07\x7f\r\u202eevil\u2066\u2028"

// The pages are those of the golden files: what changed is red before and green after.
func TestAPageReadsAsTheGoldenFilesSay(t *testing.T) {
	event := bridge.Event{
		ID: "evt_1", Type: "orders.updated", Source: "orders", Key: "1001", Change: bridge.Updated, Revision: 2,
		Before: []byte(`{"status":"paid"}`), After: []byte(`{"status":"packed"}`), Changed: []string{"/status"},
	}
	events := envelope.CloudEvents{Base: "/hookbridge"}
	for name, tc := range map[string]struct {
		body    string
		header  http.Header
		schemes []string
		color   bool
	}{
		"updated": {updated, http.Header{"Authorization": {"Bearer hunter2"}}, []string{"standard", "github", "stripe"}, true},
		"batch": {
			`[` + updated + `,` + string(envelope.Identified(event, envelope.Data(event))) + `]`, nil, []string{"standard"}, true,
		},
		"partly":  {`{}`, http.Header{"X-Hub-Signature-256": {"sha256=00"}}, []string{"standard"}, true},
		"plain":   {updated, nil, []string{"standard"}, false},
		"refused": {`[]`, nil, nil, true},
		"hostile": {
			`{"type":"t` + `","data":{"key":"` + "\u009b\u202e" + `","after":"\u001b[2J` + "\x7f\u0085" + `"},"` + "\u009b" + `":{}}`,
			http.Header{"X-Evil": {hostile}},
			[]string{"standard"},
			false,
		},
		"broken":     {"<html>" + hostile + "\xff", nil, []string{"standard"}, false},
		"structured": {string(events.Structured(event, envelope.Data(event))), http.Header{"Content-Type": {envelope.TypeStructured + "; charset=utf-8"}}, []string{"standard"}, true},
		"binary":     {string(envelope.Data(event)), events.Header(event), []string{"standard"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := New(Options{Out: &out, View: Page, Color: tc.color, Keys: keysOf(t, secret+"\n"+text)})
			sent := request(t, "evt_1", tc.body, tc.schemes...)
			maps.Copy(sent.Header, tc.header)
			take(r, sent)
			checkGolden(t, name, out.String())
			plain := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(out.String(), "")
			if strings.ContainsFunc(strings.ReplaceAll(plain, "\n", ""), acts) || strings.Contains(plain, "hunter2") {
				t.Errorf("something acts on the terminal, or a credential is shown:\n%q", plain)
			}
		})
	}
}

// checkGolden leaves out what each run has of its own.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	for pattern, stands := range map[string]string{
		`(?m)^\d\d:\d\d:\d\d`: "08:43:24", `(webhook-timestamp:(?:\x1b\[0m)?) \d+`: "$1 1", `t=\d+,v1=[0-9a-f]+`: "t=1,v1=ab",
		`v1,[A-Za-z0-9+/=]{44}`: "v1,AB", `"path":"[^"]*"`: "",
	} {
		got = regexp.MustCompile(pattern).ReplaceAllString(got, stands)
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got; -update writes it anew):\n%s", diff)
	}
}

func TestAPageIsBounded(t *testing.T) {
	for _, body := range []string{
		`{"type":"t","data":{"changed":["` + strings.Repeat(`/a","`, 100_000) + `"]}}`,
		`{"type":"t","data":{"after":"` + strings.Repeat("x", 1<<20) + `"}}`,
		strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		strings.Repeat("x", 1<<20),
	} {
		var out bytes.Buffer
		r := New(Options{Out: &out, View: Page, Color: true})
		sent := request(t, "evt_1", body)
		for i := range 500 {
			sent.Header.Set(fmt.Sprint("X-", i), strings.Repeat("y", 1000))
		}
		take(r, sent)
		if out.Len() > 2*maxPage {
			t.Errorf("of %.60s… %d bytes were printed", body, out.Len())
		}
	}
}

func TestALineTellsWhatIsNew(t *testing.T) {
	for body, want := range map[string]string{
		updated: `orders.updated   1001     /status: "paid" → "packed", /tags/1: nothing → "ü 😀"  [`,
		`{"type":"a.created","data":{"key":"1","change":"created","after":{"n":1}}}`:                 `a.created        1        {"n":1}  [`,
		`{"type":"a.deleted","data":{"key":"1","change":"deleted","before":{"n":9007199254740993}}}`: `a.deleted        1        was {"n":9007199254740993}  [`,
		`{"type":"x","data":7}`: `x                         {"type":"x","data":7}  [`,
		`{"text":"hi"}`:         `  {"text":"hi"}  [`,
		`{"type":"u","data":{"change":"updated","changed":["/` + "\u009b" + `"],"before":{},"after":{"` + "\u009b" + `":"\u001b"}}}`: `/\u009b: nothing → "\u001b"  [`,
		hostile: `  \u001b[2J\u009b31m\u0007\u007f\u000d\u202eevil\u2066\u2028  [`,
	} {
		var out bytes.Buffer
		take(New(Options{Out: &out, Keys: keysOf(t, secret)}), request(t, "evt_1", body, "standard"))
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("printed %s, want %s", out.String(), want)
		}
	}
}

func TestALineOfJSONHasHeadersAVerdictForEachSchemeAndTheBody(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Out: &out, View: JSON, Keys: keysOf(t, secret)})
	sent := request(t, "evt_1", " {\n\"type\": \"t\u009b\",\"n\":9007199254740993}\n", "standard", "github")
	sent.Header.Set("Authorization", "Bearer hunter2")
	take(r, sent)
	for _, want := range []string{
		`{"id":"evt_1","verdict":"signature ok: standard; github: verify X-Hub-Signature-256: no signature matches","schemes":[`,
		`{"scheme":"standard","ok":true},{"scheme":"github","ok":false,"error":"verify X-Hub-Signature-256: no signature matches"}]`,
		`"format":"standard","method":"POST","url":"/hook?x=1","headers":{"authorization":["(sensitive)"],"content-type":["application/json"],`,
		`"answered":204,"body":{"type":"t\u009b","n":9007199254740993}}` + "\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%s\nwithout\n%s", out.String(), want)
		}
	}
	out.Reset()
	take(r, request(t, "", hostile+"\xff"))
	var line struct{ Verdict, Body string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Body != hostile+"\uFFFD" || !strings.HasPrefix(line.Verdict, "REFUSED: ") {
		t.Errorf("printed %s: %v", out.String(), err)
	}
	if strings.ContainsFunc(strings.TrimSuffix(out.String(), "\n"), acts) {
		t.Errorf("something acts on the terminal: %q", out.String())
	}
}

func TestALineOfABatchNamesItsEvents(t *testing.T) {
	var out bytes.Buffer
	take(New(Options{Out: &out, View: Line, Keys: keysOf(t, secret)}), request(t, "evt_1", "["+updated+","+updated+"]", "standard"))
	if !strings.Contains(out.String(), "2 events together: orders.updated 1001, orders.updated 1001  [signature ok]\n") {
		t.Errorf("printed %q", out.String())
	}
}
