package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

const (
	privateKey = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	publicKey  = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
)

// everySignature is a config with a block of each kind, in an order that is not the one in which they sign.
const everySignature = `
	sign "http_message" {
		key_id = "k1"
		secret = hidden("` + secret + `")
	}
	sign "ed25519" {
		key = hidden("` + privateKey + `")
	}
	sign "stripe" {
		secret   = hidden("whsec_test_secret")
		previous = [hidden("an older one")]
	}
	sign "github" {
		secret = hidden("It's a Secret to Everybody")
	}
	sign "standard" {
		secret   = hidden("` + secret + `")
		previous = [hidden("` + oldSecret + `")]
	}
`

// verifiers verify what is signed so.
func verifiers(t *testing.T) []signature.Verifier {
	t.Helper()
	parse := func(read func(string) (signature.Key, error), text string) signature.Key {
		key, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	public, err := signature.ParsePublicKey(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	key := parse(signature.ParseSecret, secret)
	return []signature.Verifier{
		signature.Standard{key},
		signature.Standard{parse(signature.ParseSecret, oldSecret)},
		signature.Ed25519Public{public},
		signature.Stripe{parse(signature.ParseText, "whsec_test_secret")},
		signature.Stripe{parse(signature.ParseText, "an older one")},
		signature.GitHub{Key: parse(signature.ParseText, "It's a Secret to Everybody")},
		signature.MessageKeys{Shared: []signature.Key{key}},
	}
}

// message is what a receiver at a URL verifies.
func (r received) message(base string) signature.Message {
	return signature.Message{Method: r.method, Target: base + r.uri, Header: r.header, Body: r.body}
}

// D14: several sign blocks together, each verifiable by itself, and D13: one webhook-signature line, the
// secrets' signatures first.
func TestSeveralSignBlocksSignTogether(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL+"/höoks/a%20b?x=1&y=%2F", everySignature)
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	for _, verifier := range verifiers(t) {
		if err := verifier.Verify(got.message(r.URL), time.Now()); err != nil {
			t.Errorf("%s: %v", verifier.Scheme(), err)
		}
		tampered := got.message(r.URL)
		tampered.Body = append(got.body[:len(got.body):len(got.body)], ' ')
		if verifier.Verify(tampered, time.Now()) == nil {
			t.Errorf("%s accepts another body", verifier.Scheme())
		}
	}
	verify(t, got, secret)
	var versions []string
	for part := range strings.SplitSeq(got.header.Get("Webhook-Signature"), " ") {
		version, _, _ := strings.Cut(part, ",")
		versions = append(versions, version)
	}
	if strings.Join(versions, " ") != "v1 v1 v1a" || len(got.header.Values("Webhook-Signature")) != 1 {
		t.Errorf("the line is %q", got.header.Values("Webhook-Signature"))
	}
	for name, want := range map[string]string{
		"X-GitHub-Event": "tickets.updated", "X-GitHub-Delivery": "evt_42_3", "Webhook-Id": "evt_42_3",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q", name, got.header.Get(name))
		}
	}
	for name, values := range got.header {
		if len(values) != 1 {
			t.Errorf("%s stands in %d lines", name, len(values))
		}
	}
}

// Whatever signs, id and timestamp leave, so that receivers can tell a repetition.
func TestIDAndTimestampLeaveWhateverSigns(t *testing.T) {
	r := newReceiver(t, nil)
	for _, config := range []string{
		`sign "github" { secret = "a secret" }`,
		`sign "stripe" { secret = "a secret" }`,
		"sign \"http_message\" {\nkey_id = \"k1\"\nkey = \"" + privateKey + "\"\n}",
		`sign "ed25519" { key = "` + privateKey + `" }`,
	} {
		if _, err := newSink(t, r.URL, config).Send(t.Context(), sinktest.Event("42", 3)); err != nil {
			t.Fatal(err)
		}
		header := r.last(t).header
		if header.Get("Webhook-Id") != "evt_42_3" || header.Get("Webhook-Timestamp") == "" {
			t.Errorf("%s sends %v", config, header)
		}
		if strings.Contains(header.Get("Webhook-Signature"), "v1,") {
			t.Errorf("%s sends %v", config, header)
		}
	}
}

// RFC 9421: the target that is signed is the URL as the receiver sees it.
func TestTheSignedTargetIsWhatTheReceiverSees(t *testing.T) {
	r := newReceiver(t, nil)
	for _, path := range []string{"", "/", "?", "/a?", "/a/?q=1&q=2", "/%41%2f%20", "/ünder/雪?é=1", "/a//b/../c"} {
		sink := newSink(t, r.URL+path, "sign \"http_message\" {\nkey_id = \"k1\"\nsecret = \""+secret+"\"\n}")
		if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
			t.Fatal(err)
		}
		key, _ := signature.ParseSecret(secret)
		got := r.last(t).message(r.URL)
		if err := (signature.MessageKeys{Shared: []signature.Key{key}}).Verify(got, time.Now()); err != nil {
			t.Errorf("%q: %v: the receiver sees %s", path, err, got.Target)
		}
	}
}

// D2: each attempt is signed anew, and its data stay.
func TestASecondAttemptIsSignedAnewOverTheSameBytes(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for _, format := range []string{"standard", "cloudevents", "cloudevents_binary"} {
		sink := newSink(t, r.URL, everySignature+`format = "`+format+`"`)
		for range 2 {
			_, _ = sink.Send(t.Context(), sinktest.Event("42", 3)) // 502
		}
		all := r.all()
		first, second := all[len(all)-2], all[len(all)-1]
		if string(first.body) != string(second.body) || first.header.Get("Webhook-Id") != second.header.Get("Webhook-Id") {
			t.Errorf("%s: the bytes or the id differ", format)
		}
		for name := range first.header {
			if strings.HasPrefix(name, "Ce-") && first.header.Get(name) != second.header.Get(name) {
				t.Errorf("%s: %s differs", format, name)
			}
		}
		for _, verifier := range verifiers(t) {
			if err := verifier.Verify(second.message(r.URL), time.Now()); err != nil {
				t.Errorf("%s, %s: %v", format, verifier.Scheme(), err)
			}
		}
	}
}

// D18: a header that a signature or a format of the sink sets is not the operator's; of others it is.
func TestHeadersOfTheConfiguredSignaturesAndFormatAreReserved(t *testing.T) {
	for _, tc := range []struct{ config, header, belongs string }{
		{`sign "github" { secret = "a secret" }`, "X-Hub-Signature-256", `"github"`},
		{`sign "github" { secret = "a secret" }`, "x-github-event", `"github"`},
		{`sign "github" { secret = "a secret" }`, "X-GitHub-Delivery", `"github"`},
		{`sign "stripe" { secret = "a secret" }`, "stripe-signature", `"stripe"`},
		{"sign \"http_message\" {\nkey_id = \"k1\"\nsecret = \"a secret\"\n}", "Signature", `"http_message"`},
		{"sign \"http_message\" {\nkey_id = \"k1\"\nsecret = \"a secret\"\n}", "SIGNATURE-INPUT", `"http_message"`},
		{"sign \"http_message\" {\nkey_id = \"k1\"\nsecret = \"a secret\"\n}", "content-digest", `"http_message"`},
		{"unsigned = true\nformat = \"cloudevents_binary\"", "ce-id", `"cloudevents_binary"`},
		{"unsigned = true\nformat = \"cloudevents_binary\"", "Ce-Anything", `"cloudevents_binary"`},
		{"unsigned = true\nformat = \"cloudevents\"", "Content-Type", "CloudEvent"},
		{"unsigned = true\nformat = \"cloudevents\"\nbody = { n = 1 }", "Content-Type", "CloudEvent"},
		{"unsigned = true\nformat = \"cloudevents_binary\"", "Content-Type", "body template"},
	} {
		url := "url = \"http://127.0.0.1:1\"\n"
		headers := "\nheaders = { \"" + tc.header + "\" = \"x\" }\n"
		diags := mistakes(t, url+tc.config+headers)
		if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), tc.belongs) {
			t.Errorf("%s beside\n%s\ngives %v", tc.header, tc.config, diags)
		}
		if !strings.EqualFold(tc.header, "Content-Type") {
			if diags := mistakes(t, url+"unsigned = true"+headers); diags.HasErrors() {
				t.Errorf("%s alone gives %v", tc.header, diags)
			}
		}
	}
}
