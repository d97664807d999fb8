package webhook_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

func TestEachMistakeInAConfigIsADiagnosticThatSaysWhatToDo(t *testing.T) {
	const url = `url = "https://crm.example.com/hooks"` + "\n"
	signed := url + `secret = "` + secret + `"` + "\n"
	for _, tc := range []struct{ config, want string }{
		{"unsigned = true", "Give the url"},
		{url, "secret new"},
		{"url = null\nunsigned = true", "Give the url"},
		{url + "secret = null", "secret new"},
		{`url = "crm.example.com/hooks"` + "\nunsigned = true", "http:// or https://"},
		{`url = "ftp://crm.example.com/"` + "\nunsigned = true", "http:// or https://"},
		{`url = "/hooks"` + "\nunsigned = true", "http:// or https://"},
		{`url = ""` + "\nunsigned = true", "Give the url"},
		{`url = "http://:80/"` + "\nunsigned = true", "http:// or https://"},
		{`url = "https://me:hunter2@crm.example.com/"` + "\nunsigned = true", "as a header instead"},
		{`url = "https://crm.example.com/#x"` + "\nunsigned = true", "take it out"},
		{signed + "unsigned = true", "Take out either"},
		{signed + `sign "standard" { secret = "` + oldSecret + `" }`, "given once"},
		{url + `sign "standart" { secret = "` + secret + `" }`, `Did you mean "standard"?`},
		{url + `sign "standard" {}`, "secret new"},
		{url + `secret = "whsec_c2hvcnQ="`, "5 bytes, not 24 to 64"},
		{url + `secret = "hunter2!"`, "secret new"},
		{url + `secret = ""`, "secret new"},
		{url + `sign "standard" {` + "\nsecret = \"" + secret + "\"\nprevious = [\"hunter2!\"]\n}", "secret new"},
		{signed + `max_body = "1KiB"`, "4KiB to 64MiB"},
		{signed + `body = { text = item.title }`, "item"},
		{signed + `timeout = "1s"`, "timeout"},
	} {
		_, diags := sinktest.Build(t, webhook.Kind(), tc.config, bridge.Env{Name: "crm"})
		if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), tc.want) {
			t.Errorf("%s\ngives %v\nwithout %q", tc.config, diags, tc.want)
		}
		if strings.Contains(diags.Error(), "hunter2") {
			t.Errorf("a secret is shown: %v", diags)
		}
	}
}

func TestAllMistakesOfAConfigAreReportedAtOnce(t *testing.T) {
	_, diags := sinktest.Build(t, webhook.Kind(), `
		url      = "nowhere"
		secret   = "short"
		headers  = { Host = "x", webhook-id = "y" }
		max_body = "1 furlong"
		bodi     = 1
	`, bridge.Env{Name: "crm"})
	if len(diags.Errs()) != 6 {
		t.Errorf("%d diagnostics, not 6: %v", len(diags.Errs()), diags)
	}
}

// D18
func TestAHeaderThatIsNotTheOperatorsIsRefused(t *testing.T) {
	for name, value := range map[string]string{
		"webhook-id": "x", "Webhook-Signature": "x", "webhook-timestamp": "1", "WEBHOOK-anything": "x",
		"Webhook_Id": "x", "webhook_signature": "x", "Proxy-Authorization": "x", "proxy-connection": "close",
		"Host": "x", "content-length": "1", "Content-Type": "text/plain", "Connection": "close",
		"transfer-encoding": "chunked", "Idempotency-Key": "x", "x-idempotency-key": "x", "Trailer": "x",
		"Expect": "100-continue", "Upgrade": "h2c", "TE": "trailers",
		"": "x", "X Y": "x", "X:Y": "x", "X\r\nWebhook-Id": "x", "Ünder": "x",
		"X-Line": "a\r\nWebhook-Id: evil", "X-Feed": "a\nb", "X-Nul": "a\x00b", "X-Return": "a\rb",
	} {
		config := fmt.Sprintf("url = \"http://127.0.0.1:1\"\nunsigned = true\nheaders = { %s = hidden(%s) }",
			quote(name), quote(value))
		_, diags := sinktest.Build(t, webhook.Kind(), config, bridge.Env{Name: "crm"})
		if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), "eader") {
			t.Errorf("%q: %q gives %v", name, value, diags)
		}
	}
}

// D18
func TestAHeaderThatIsTheOperatorsIsSent(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, "unsigned = true\nheaders = { X-Team = \"plåtform\", user-agent = \"mine\" }")
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	header := r.last(t).header
	if header.Get("X-Team") != "plåtform" {
		t.Errorf("headers are %v", header)
	}
	if agents := header.Values("User-Agent"); len(agents) != 1 || agents[0] != "mine" {
		t.Errorf("user agents are %q", agents)
	}
}

func TestOneHeaderInTwoSpellingsIsAMistake(t *testing.T) {
	_, diags := sinktest.Build(t, webhook.Kind(),
		"url = \"http://127.0.0.1:1\"\nunsigned = true\nheaders = { X-Team = \"a\", x-team = \"b\" }", bridge.Env{})
	if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), "two spellings") {
		t.Errorf("diagnostics are %v", diags)
	}
}

func TestASecretOfTheWrongFormIsNotShownByItsDiagnostic(t *testing.T) {
	_, diags := sinktest.Build(t, webhook.Kind(), fmt.Sprintf("url = hidden(%q)\nsecret = hidden(%q)\nheaders = { X = hidden(%q) }",
		"//"+sinktest.Marker, sinktest.Marker, sinktest.Marker+"\n"), bridge.Env{})
	if len(diags.Errs()) != 3 || strings.Contains(diags.Error(), sinktest.Marker) {
		t.Errorf("diagnostics are %v", diags)
	}
}

// quote writes HCL text: its escapes are those of Go but for the NUL, which takes \u0000.
func quote(text string) string {
	return strings.ReplaceAll(fmt.Sprintf("%q", text), `\x00`, `\u0000`)
}
