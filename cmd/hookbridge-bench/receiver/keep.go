package receiver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// keep holds requests as bytes in large pieces, which cost the garbage collector nothing.
type keep struct {
	pieces []piece
}

const pieceSize = 16 << 20

type piece struct {
	text     []byte
	requests []request
}

// request is where the parts of a request lie in the text of its piece, one after the other.
type request struct {
	at    measure.Moment
	begin int
	sizes [4]int // id, timestamp, signature, body
}

func (k *keep) add(at measure.Moment, id, stamp, signature string, body []byte) {
	size := len(id) + len(stamp) + len(signature) + len(body)
	if last := len(k.pieces) - 1; last < 0 || len(k.pieces[last].text)+size > cap(k.pieces[last].text) {
		k.pieces = append(k.pieces, piece{text: make([]byte, 0, max(pieceSize, size))})
	}
	p := &k.pieces[len(k.pieces)-1]
	p.requests = append(p.requests, request{at, len(p.text), [4]int{len(id), len(stamp), len(signature), len(body)}})
	p.text = append(append(append(append(p.text, id...), stamp...), signature...), body...)
}

// take reads the oldest piece, and gives it up.
func (k *keep) take(verifier *standardwebhooks.Webhook) []Arrival {
	if len(k.pieces) == 0 {
		return nil
	}
	p := k.pieces[0]
	k.pieces[0], k.pieces = piece{}, k.pieces[1:]
	arrivals := make([]Arrival, 0, len(p.requests))
	for _, r := range p.requests {
		arrivals = append(arrivals, read(r, p.text, verifier))
	}
	return arrivals
}

// read makes out what a request was: an event, or what others send, which is the item alone.
func read(r request, text []byte, verifier *standardwebhooks.Webhook) Arrival {
	var parts [4][]byte
	rest := text[r.begin:]
	for i, size := range r.sizes {
		parts[i], rest = rest[:size], rest[size:]
	}
	a, body := Arrival{At: r.at, ID: string(parts[0])}, parts[3]
	if a.ID == "" {
		return readItem(a, body)
	}
	if verifier != nil {
		header := http.Header{}
		header.Set("Webhook-Id", a.ID)
		header.Set("Webhook-Timestamp", string(parts[1]))
		header.Set("Webhook-Signature", string(parts[2]))
		if err := verifier.VerifyIgnoringTimestamp(body, header); err != nil {
			a.Fault = fmt.Sprintf("its signature: %v", err)
		}
	}
	return readEvent(a, body)
}

func readEvent(a Arrival, body []byte) Arrival {
	var event struct {
		Data struct {
			Source string         `json:"source"`
			Key    string         `json:"key"`
			Change string         `json:"change"`
			Before jsontext.Value `json:"before"`
			After  jsontext.Value `json:"after"`
		} `json:"data"`
	}
	if err := jsonv2.Unmarshal(body, &event); err != nil {
		a.Fault = fmt.Sprintf("its body: %v", err)
	}
	d := event.Data
	a.Source, a.Key, a.Change, a.Before, a.After = d.Source, d.Key, d.Change, hash(d.Before), hash(d.After)
	return a
}

func readItem(a Arrival, body []byte) Arrival {
	var item struct {
		ID json.Number `json:"id"`
	}
	if err := json.Unmarshal(body, &item); err != nil {
		a.Fault = fmt.Sprintf("its body: %v", err)
	}
	a.Key, a.After = item.ID.String(), hash(bytes.TrimSpace(body))
	return a
}

// hash is 0 for what is not there.
func hash(item []byte) uint64 {
	if len(item) == 0 || string(item) == "null" {
		return 0
	}
	return collection.Hash(item)
}
