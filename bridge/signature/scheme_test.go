package signature_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// D14: each scheme writes the published vectors byte for byte.
func TestEachSchemeWritesItsPublishedVector(t *testing.T) {
	for _, tc := range []struct {
		name    string
		signer  signature.Signer
		message signature.Message
		want    map[string]string
	}{
		{
			"SW-4, Ed25519",
			signature.Ed25519{privateKey(t, private)},
			signature.Message{
				ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Time: time.Unix(1614265330, 0), Body: []byte(`{"test": 2432232314}`),
			},
			map[string]string{
				"Webhook-Signature": "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
			},
		},
		{
			"GitHub's own",
			signature.GitHub{Key: plain(t, "It's a Secret to Everybody")},
			signature.Message{Body: []byte("Hello, World!")},
			map[string]string{
				"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
			},
		},
		{
			"GitHub, with type and id",
			signature.GitHub{Key: plain(t, text)},
			signature.Message{ID: "evt_1", Type: "issue.opened", Body: []byte(`{"action":"opened","n":1}`)},
			map[string]string{
				"X-Hub-Signature-256": "sha256=8133e7d45ffbf4a66380252f2c87bcde91341bf4ce174ff217a15d359b71e730",
				"X-GitHub-Event":      "issue.opened",
				"X-GitHub-Delivery":   "evt_1",
			},
		},
		{
			"Stripe",
			signature.Stripe{plain(t, "whsec_test_secret")},
			signature.Message{Time: time.Unix(1614265330, 0), Body: []byte(`{"id":"evt_test_webhook","object":"event"}`)},
			map[string]string{
				"Stripe-Signature": "t=1614265330,v1=3c5817089d739023dd6190f70a3757e04f7a2fd8b5dab12c2e000f51970dccff",
			},
		},
		{
			"RFC 9421 by a secret", shared(t, "k1", newSecret), message(vectorTime()),
			map[string]string{
				"Content-Digest": "sha-256=:/9Xw7VIos1g5HG90094S9LA8b0kuv6whXGs91yIMvjM=:",
				"Signature-Input": `sig1=("@method" "@target-uri" "content-type" "content-digest" "webhook-id" "webhook-timestamp")` +
					`;created=1674087231;keyid="k1";alg="hmac-sha256"`,
				"Signature": "sig1=:4JHXDeM9r0nniFLs2PBcew+r1/47NoD+Y+AF0C+mdZs=:",
			},
		},
		{
			"RFC 9530", shared(t, "k1", newSecret),
			func() signature.Message {
				m := message(vectorTime())
				m.Body = []byte(`{"hello": "world"}`)
				return m
			}(),
			map[string]string{"Content-Digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.message.Header == nil {
				tc.message.Header = http.Header{}
			}
			tc.signer.Sign(tc.message)
			for name, want := range tc.want {
				if got := tc.message.Header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s is\n%q, not\n%q", name, got, want)
				}
			}
		})
	}
}

// D13: of two signers of the one line each adds to it, in their order.
func TestSecretsAndPrivateKeysSignTheSameLine(t *testing.T) {
	m := message(vectorTime())
	standard := signature.Standard(keys(t, newSecret, oldSecret))
	standard.Sign(m)
	signature.Ed25519{privateKey(t, private)}.Sign(m)
	lines := m.Header.Values(signature.HeaderSignature)
	if len(lines) != 1 {
		t.Fatalf("there are %d lines", len(lines))
	}
	parts := strings.Split(lines[0], " ")
	if len(parts) != 3 || parts[0] != "v1,4PMU5Dl90B4kgwxDpwuMZ/cnZ5ztf+Y+kviYQD66rJg=" ||
		!strings.HasPrefix(parts[1], "v1,") || !strings.HasPrefix(parts[2], "v1a,") {
		t.Errorf("the line is %q", lines[0])
	}
	for _, verifier := range []signature.Verifier{
		standard, signature.Standard(keys(t, oldSecret)), signature.Ed25519Public{publicKey(t, public)},
	} {
		if err := verifier.Verify(m, vectorTime()); err != nil {
			t.Errorf("%s: %v", verifier.Scheme(), err)
		}
	}
}

// D13, of Stripe: both secrets sign while rotating, and either verifies.
func TestStripeRotatesWithTwoSignaturesInOneHeader(t *testing.T) {
	m := message(vectorTime())
	signature.Stripe{plain(t, text), plain(t, earlier)}.Sign(m)
	if line := m.Header.Get("Stripe-Signature"); strings.Count(line, ",v1=") != 2 || strings.Count(line, "t=") != 1 {
		t.Errorf("the line is %q", line)
	}
	for _, secret := range []string{text, earlier} {
		if err := (signature.Stripe{plain(t, secret)}).Verify(m, vectorTime()); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
	}
	if err := (signature.Stripe{plain(t, "another")}).Verify(m, vectorTime()); !errors.Is(err, signature.ErrSignature) {
		t.Errorf("another secret: %v", err)
	}
}

func TestAMessageIsSignedByAPrivateKeyAndVerifiedByItsPublicOne(t *testing.T) {
	m := message(vectorTime())
	signer, err := signature.PrivateMessage("k1", privateKey(t, private))
	if err != nil {
		t.Fatal(err)
	}
	signer.Sign(m)
	if !strings.HasSuffix(m.Header.Get("Signature-Input"), `;keyid="k1";alg="ed25519"`) {
		t.Errorf("input is %q", m.Header.Get("Signature-Input"))
	}
	keys := signature.MessageKeys{Public: []signature.PublicKey{publicKey(t, public)}}
	if err := keys.Verify(m, vectorTime()); err != nil {
		t.Error(err)
	}
	_, other := signature.NewKeyPair()
	keys.Public = []signature.PublicKey{publicKey(t, other)}
	if err := keys.Verify(m, vectorTime()); !errors.Is(err, signature.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
}

// What each scheme covers cannot be changed, and what has no signature is not taken.
func TestEachSchemeRefusesWhatIsNotGenuine(t *testing.T) {
	set := func(name, value string) func(*signature.Message) {
		return func(m *signature.Message) { m.Header.Set(name, value) }
	}
	drop := func(name string) func(*signature.Message) { return func(m *signature.Message) { m.Header.Del(name) } }
	body := func(m *signature.Message) { m.Body = append(m.Body, ' ') }
	none := func(*signature.Message) {}
	now, late := vectorTime(), vectorTime().Add(301*time.Second)
	const input, digest = "Signature-Input", "Content-Digest"
	for name, tc := range map[string]struct {
		scheme string
		alter  func(*signature.Message)
		at     time.Time
		want   error
	}{
		"ed25519 as it is":                      {"ed25519", none, now, nil},
		"ed25519 another body":                  {"ed25519", body, now, signature.ErrSignature},
		"ed25519 another id":                    {"ed25519", set("Webhook-Id", "evt_2"), now, signature.ErrSignature},
		"ed25519 too old":                       {"ed25519", none, late, signature.ErrStale},
		"ed25519 no signature":                  {"ed25519", drop("Webhook-Signature"), now, signature.ErrUnsigned},
		"github as it is":                       {"github", none, now, nil},
		"github another body":                   {"github", body, now, signature.ErrSignature},
		"github no signature":                   {"github", drop("X-Hub-Signature-256"), now, signature.ErrUnsigned},
		"stripe as it is":                       {"stripe", none, now, nil},
		"stripe another body":                   {"stripe", body, now, signature.ErrSignature},
		"stripe too old":                        {"stripe", none, late, signature.ErrStale},
		"stripe no signature":                   {"stripe", set("Stripe-Signature", "t=1674087231"), now, signature.ErrUnsigned},
		"stripe two times":                      {"stripe", set("Stripe-Signature", "t=1,t=1674087231,v1=00"), now, signature.ErrUnsigned},
		"message as it is":                      {"http_message", none, now, nil},
		"message another body":                  {"http_message", body, now, signature.ErrDigest},
		"message another body with its digest":  {"http_message", forgeDigest, now, signature.ErrSignature},
		"message another id":                    {"http_message", set("Webhook-Id", "evt_2"), now, signature.ErrSignature},
		"message another timestamp":             {"http_message", set("Webhook-Timestamp", "1674087232"), now, signature.ErrSignature},
		"message another type of content":       {"http_message", set("Content-Type", "text/plain"), now, signature.ErrSignature},
		"message another method":                {"http_message", func(m *signature.Message) { m.Method = "PUT" }, now, signature.ErrSignature},
		"message another target":                {"http_message", func(m *signature.Message) { m.Target += "1" }, now, signature.ErrSignature},
		"message too old":                       {"http_message", none, late, signature.ErrStale},
		"message no digest":                     {"http_message", drop(digest), now, signature.ErrUnsigned},
		"message no input":                      {"http_message", drop(input), now, signature.ErrUnsigned},
		"message no signature":                  {"http_message", drop("Signature"), now, signature.ErrUnsigned},
		"message a signature of another label":  {"http_message", set("Signature", "sig2=:AAAA:"), now, signature.ErrUnsigned},
		"message that does not cover the body":  {"http_message", set(input, `sig1=("@method");created=1674087231`), now, signature.ErrUnsigned},
		"message without a time":                {"http_message", set(input, `sig1=("content-digest")`), now, signature.ErrUnsigned},
		"message that has expired":              {"http_message", set(input, `sig1=("content-digest");created=1674087231;expires=1674087230`), now, signature.ErrStale},
		"message by an algorithm of its own":    {"http_message", set(input, `sig1=("content-digest");created=1674087231;alg="none"`), now, signature.ErrSignature},
		"message over a component twice":        {"http_message", set(input, `sig1=("content-digest" "content-digest");created=1674087231`), now, signature.ErrUnsigned},
		"message over a component with options": {"http_message", set(input, `sig1=("content-digest";sf);created=1674087231`), now, signature.ErrUnsigned},
	} {
		t.Run(name, func(t *testing.T) {
			m := signedByAll(t, now)
			tc.alter(&m)
			if err := verifierOf(t, tc.scheme).Verify(m, tc.at); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// forgeDigest changes the body, and the digest with it.
func forgeDigest(m *signature.Message) {
	m.Body = []byte(`{}`)
	sum := sha256.Sum256(m.Body)
	m.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
}

func TestPresentNamesTheSchemesOfARequest(t *testing.T) {
	all := signedByAll(t, vectorTime())
	if got := strings.Join(signature.Present(all.Header), " "); got != "standard ed25519 github stripe http_message" {
		t.Errorf("of all there are %s", got)
	}
	for _, signer := range signers(t) {
		m := message(vectorTime())
		signer.Sign(m)
		if got := signature.Present(m.Header); len(got) != 1 || got[0] != signer.Scheme() {
			t.Errorf("of %s there are %s", signer.Scheme(), got)
		}
		for _, name := range signer.Sets() {
			if http.CanonicalHeaderKey(name) != name || m.Header.Get(name) == "" {
				t.Errorf("%s does not set %s", signer.Scheme(), name)
			}
		}
	}
}
