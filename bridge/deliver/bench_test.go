package deliver_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

const inFlight = 64

// BenchmarkPlainPosts is the yardstick of BenchmarkDurableDelivery (V9): the same bodies, the same receiver,
// and nothing kept.
func BenchmarkPlainPosts(b *testing.B) {
	url := receiver(b, func() {})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	body := envelope.Standard(sinktest.Event("42", 3))
	numbers := make(chan int)
	var posting sync.WaitGroup
	for range inFlight {
		posting.Go(func() {
			for range numbers {
				response, err := client.Post(url, "application/json", bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
	for i := range b.N {
		numbers <- i
	}
	close(numbers)
	posting.Wait()
}

func BenchmarkDurableDelivery(b *testing.B) {
	state, err := badger.Open(b.Context(), badger.Options{Path: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	fill(b, state)
	var left sync.WaitGroup
	left.Add(b.N)
	config := fmt.Sprintf("url = %q\nsecret = %q", receiver(b, left.Done), sinktest.Secret)
	sink, diags := sinktest.Build(b, webhook.Kind(), config, bridge.Env{Name: "crm"})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	s := settings(sink)
	s.Concurrency = inFlight
	b.ResetTimer()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- deliver.New(s, deliver.Options{Store: state}).Run(ctx) }()
	left.Wait()
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// fill queues one event for each of b.N items.
func fill(b *testing.B, state store.Store) {
	b.Helper()
	for done := 0; done < b.N; {
		var all []store.Append
		for ; done < b.N && len(all) < 250; done++ {
			e := sinktest.Event(fmt.Sprint(done), 1)
			to := store.Target{Sink: "crm", Order: store.OrderKey.Hash(state.Seed(), e.Source, e.Key)}
			all = append(all, store.Append{Event: e, To: []store.Target{to}})
		}
		if err := state.Commit(b.Context(), store.Commit{Source: "tickets", Append: all}); err != nil {
			b.Fatal(err)
		}
	}
}

func receiver(b *testing.B, each func()) string {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		each()
	}))
	b.Cleanup(server.Close)
	return server.URL
}
