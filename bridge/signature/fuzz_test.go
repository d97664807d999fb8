package signature_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// What a signer signs its verifier accepts, and a single other bit in body, id or timestamp it refuses, as far
// as its scheme covers them.
func FuzzWhatIsSignedVerifiesAndNothingElseDoes(f *testing.F) {
	covers := map[string]map[string]bool{
		"standard":     {"body": true, "id": true, "timestamp": true},
		"ed25519":      {"body": true, "id": true, "timestamp": true},
		"github":       {"body": true},
		"stripe":       {"body": true},
		"http_message": {"body": true, "id": true, "timestamp": true},
	}
	f.Add("evt_1", int64(1674087231), contact, uint16(7), byte(1))
	f.Add("a", int64(0), "", uint16(0), byte(128))
	f.Fuzz(func(t *testing.T, id string, seconds int64, body string, at uint16, flip byte) {
		if id == "" || id != plainID(id) || seconds < 0 || seconds > 1<<40 {
			t.Skip()
		}
		now := time.Unix(seconds, 0)
		for _, signer := range signers(t) {
			verifier := verifierOf(t, signer.Scheme())
			sign := func() signature.Message {
				m := message(now)
				m.ID, m.Body = id, []byte(body)
				m.Stamp()
				signer.Sign(m)
				return m
			}
			if err := verifier.Verify(sign(), now); err != nil {
				t.Errorf("%s: %v", signer.Scheme(), err)
			}
			for part, changed := range mutations(sign, int(at), flip) {
				if covers[signer.Scheme()][part] && verifier.Verify(changed, now) == nil {
					t.Errorf("%s: another %s verifies", signer.Scheme(), part)
				}
			}
		}
	})
}

// plainID is what arrives of an id: receivers see headers without the spaces around them.
func plainID(id string) string {
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return id
}

// mutations are messages with one byte changed in one part.
func mutations(sign func() signature.Message, at int, flip byte) map[string]signature.Message {
	if flip == 0 {
		flip = 1
	}
	changed := map[string]signature.Message{}
	for part, name := range map[string]string{"id": signature.HeaderID, "timestamp": signature.HeaderTimestamp} {
		m := sign()
		value := []byte(m.Header.Get(name))
		value[at%len(value)] ^= flip
		m.Header[name] = []string{string(value)}
		changed[part] = m
	}
	if m := sign(); len(m.Body) > 0 {
		m.Body[at%len(m.Body)] ^= flip
		changed["body"] = m
	}
	return changed
}

// Headers come from anybody: verifiers say no to all that the key did not sign, and never panic.
func FuzzVerifiersRefuseGarbage(f *testing.F) {
	f.Add("evt_1", "1674087231", "v1,AAAA v1a,AAAA", "sha256=00", "t=1674087231,v1=00", `sig1=("content-digest" "@query");created=1674087231`,
		"sig1=:AAAA:", "sha-256=:AAAA:", endpoint)
	f.Add("", "", "v1a,", "", "t=,v1", "a=(", "a", "sha-512", ":")
	f.Add("x", "9223372036854775807", ",", "=", ",,=", `a;b, c=("@path";x "")`, `a=?1, c="`, "sha-256=1", "http://[::1%25]/%")
	f.Fuzz(func(t *testing.T, id, timestamp, line, hub, stripe, input, message, digest, target string) {
		m := signature.Message{Method: "POST", Target: target, Body: []byte("{}"), Header: http.Header{
			"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {line},
			"X-Hub-Signature-256": {hub}, "Stripe-Signature": {stripe}, "Signature-Input": {input},
			"Signature": {message}, "Content-Digest": {digest},
		}}
		signature.Present(m.Header)
		for _, signer := range signers(t) {
			if verifierOf(t, signer.Scheme()).Verify(m, vectorTime()) == nil {
				t.Errorf("%s accepts it", signer.Scheme())
			}
		}
	})
}
