package receiver

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

const (
	secret  = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	private = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	public  = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
	text    = "It's a Secret to Everybody"

	updated = `{"type":"orders.updated","timestamp":"2026-11-23T08:43:24.123Z","data":{"source":"orders","key":"1001",` +
		`"change":"updated","revision":2,"before":{"status":"paid","n":9007199254740993,"tags":["a"]},` +
		`"after":{"status":"packed","n":9007199254740993,"tags":["a","ü 😀"]},"changed":["/status","/tags/1"]}}`
)

// signers are one of each scheme, under the keys above.
func signers(t *testing.T) map[string]signature.Signer {
	t.Helper()
	key, err := signature.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := signature.ParseText(text)
	if err != nil {
		t.Fatal(err)
	}
	own, err := signature.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	message, err := signature.SharedMessage("k1", key)
	if err != nil {
		t.Fatal(err)
	}
	open, err := signature.PrivateMessage("k1", own)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signature.Signer{
		"standard": signature.Standard{key}, "ed25519": signature.Ed25519{own}, "github": signature.GitHub{Key: plain},
		"stripe": signature.Stripe{plain}, "http_message": message, "http_message by key": open,
	}
}

// request is one that is signed in these ways, to a receiver that answers at http://receiver.example.
func request(t *testing.T, id, body string, schemes ...string) *http.Request {
	t.Helper()
	return requestTo(t, "http://receiver.example/hook?x=1", id, body, schemes...)
}

func requestTo(t *testing.T, target, id, body string, schemes ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://receiver.example/hook?x=1", bytes.NewReader([]byte(body)))
	r.RequestURI = "/hook?x=1"
	r.Header.Set("Content-Type", "application/json")
	message := signature.Message{
		Method: r.Method, Target: target, Header: r.Header, Body: []byte(body), ID: id, Type: "orders.updated", Time: time.Now(),
	}
	message.Stamp()
	for _, scheme := range schemes {
		signers(t)[scheme].Sign(message)
	}
	return r
}

func keysOf(t *testing.T, text string) Keys {
	t.Helper()
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// take gives a receiver a request, and returns what it answers.
func take(r *Receiver, request *http.Request) (status int, body string, header http.Header) {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	said, _ := io.ReadAll(w.Body)
	return w.Code, string(said), w.Result().Header
}
