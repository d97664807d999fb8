package signature

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// A message of a kibibyte, as most events are.
func message() Message {
	return Message{
		Method: http.MethodPost, Target: "https://app.example/hooks", Header: http.Header{},
		Body: bytes.Repeat([]byte(`{"id":1}`), 128), ID: "evt_1", Type: "item.updated", Time: time.Unix(1_700_000_000, 0),
	}
}

func benchmarkSign(b *testing.B, scheme interface{ Sign(m Message) }) {
	m := message()
	b.SetBytes(int64(len(m.Body)))
	b.ReportAllocs()
	for b.Loop() {
		clear(m.Header)
		scheme.Sign(m)
	}
}

func BenchmarkSignBySecret(b *testing.B) {
	key, err := ParseSecret(NewSecret())
	if err != nil {
		b.Fatal(err)
	}
	benchmarkSign(b, Standard{key})
}

func BenchmarkSignByPrivateKey(b *testing.B) {
	private, _ := NewKeyPair()
	key, err := ParsePrivateKey(private)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkSign(b, Ed25519{key})
}
