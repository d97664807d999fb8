package sinktest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

func (c Case) unknownAttribute(t *testing.T) {
	config := c.Config("http://127.0.0.1:1") + "\nfrobnicate = true\n"
	_, diags := Build(t, c.Kind, config, bridge.Env{Name: "crm"})
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "frobnicate") {
		t.Errorf("diagnostics are %v", diags)
	}
}

func (c Case) concurrent(t *testing.T) {
	sink, received := c.start(t)
	var sending sync.WaitGroup
	var want []string
	for i := range 64 {
		event := Event("k", i)
		want = append(want, event.ID)
		sending.Go(func() {
			if _, err := sink.Send(t.Context(), event); err != nil {
				t.Errorf("send %s: %v", event.ID, err)
			}
		})
	}
	sending.Wait()
	got := received(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("received %v, sent %v", got, want)
	}
}

func (c Case) done(t *testing.T) {
	sink, received := c.start(t)
	before := len(received(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	_, err := sink.Send(ctx, Event("k", 1000))
	if !errors.Is(err, context.Canceled) || bridge.IsPermanent(err) {
		t.Errorf("send with a context that is done: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if after := len(received(t)); after != before {
		t.Errorf("%d events arrived", after-before)
	}
}

// start makes a sink whose receiver takes everything.
func (c Case) start(t *testing.T) (sink bridge.Sink, received func(t *testing.T) []string) {
	t.Helper()
	if !c.HTTP {
		return New(t, c.Kind, c.Config("")), c.Received
	}
	var mu sync.Mutex
	var ids []string
	url := c.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, r.Header.Get("Webhook-Id"))
	})
	return New(t, c.Kind, c.Config(url)), func(*testing.T) []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(ids)
	}
}

// serve starts a receiver.
func (c Case) serve(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
