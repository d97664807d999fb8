package signature_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

const (
	private  = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	public   = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
	text     = "hookbridge-secret"
	earlier  = "hookbridge-secret-of-old"
	endpoint = "https://receiver.example/hook?x=1"
)

// message is SW-2's, as a sink sends it.
func message(at time.Time) signature.Message {
	m := signature.Message{
		Method: http.MethodPost, Target: endpoint, Body: []byte(contact),
		Header: http.Header{"Content-Type": {"application/json"}},
		ID:     "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", Type: "contact.created", Time: at,
	}
	m.Stamp()
	return m
}

func vectorTime() time.Time { return time.Unix(1674087231, 0) }

// signers is one of each scheme.
func signers(t testing.TB) []signature.Signer {
	return []signature.Signer{
		signature.Standard(keys(t, newSecret)),
		signature.Ed25519{privateKey(t, private)},
		signature.GitHub{Key: plain(t, text)},
		signature.Stripe{plain(t, text)},
		shared(t, "k1", newSecret),
	}
}

// verifierOf verifies what the signer of a scheme signed.
func verifierOf(t testing.TB, scheme string) signature.Verifier {
	return map[string]signature.Verifier{
		"standard":     signature.Standard(keys(t, newSecret)),
		"ed25519":      signature.Ed25519Public{publicKey(t, public)},
		"github":       signature.GitHub{Key: plain(t, text)},
		"stripe":       signature.Stripe{plain(t, text)},
		"http_message": signature.MessageKeys{Shared: keys(t, newSecret)},
	}[scheme]
}

func signedByAll(t testing.TB, at time.Time) signature.Message {
	m := message(at)
	for _, signer := range signers(t) {
		signer.Sign(m)
	}
	return m
}

func plain(t testing.TB, text string) signature.Key {
	t.Helper()
	return must(signature.ParseText(text))(t)
}

func privateKey(t testing.TB, text string) signature.PrivateKey {
	t.Helper()
	return must(signature.ParsePrivateKey(text))(t)
}

func publicKey(t testing.TB, text string) signature.PublicKey {
	t.Helper()
	return must(signature.ParsePublicKey(text))(t)
}

func shared(t testing.TB, id, secret string) signature.Signer {
	t.Helper()
	return must(signature.SharedMessage(id, keys(t, secret)[0]))(t)
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
