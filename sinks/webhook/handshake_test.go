package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

const shaking = "secret = \"" + secret + "\"\nheaders = { Authorization = hidden(\"Bearer x\") }\n" +
	"handshake {\norigin = \"bridge.example.com\"\nrate = \"2/s\"\n}"

// agreeing answers the handshake with these headers, and events with 204.
func agreeing(header map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			for name, value := range header {
				w.Header().Set(name, value)
			}
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func methods(r *receiver) string {
	var all []string
	for _, got := range r.all() {
		all = append(all, got.method)
	}
	return strings.Join(all, " ")
}

// D14: the CloudEvents spec for webhooks, section 4.
func TestTheReceiverIsAskedOnceBeforeTheFirstEvent(t *testing.T) {
	r := newReceiver(t, agreeing(map[string]string{"WebHook-Allowed-Origin": "Bridge.Example.com", "WebHook-Allowed-Rate": "6000"}))
	sink := newSink(t, r.URL+"/hooks?x=1", shaking)
	for i := range 3 {
		if _, err := sink.Send(t.Context(), sinktest.Event("42", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := methods(r); got != "OPTIONS POST POST POST" {
		t.Fatalf("the receiver saw %s", got)
	}
	asked := r.all()[0]
	for name, want := range map[string]string{
		"WebHook-Request-Origin": "bridge.example.com", "WebHook-Request-Rate": "120", "Authorization": "Bearer x",
		"User-Agent": "hookbridge/1.2.3", "Content-Type": "", "Webhook-Signature": "",
	} {
		if got := asked.header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if asked.uri != "/hooks?x=1" || len(asked.body) != 0 {
		t.Errorf("asked %s with %q", asked.uri, asked.body)
	}
	if got := r.all()[3].header.Get("WebHook-Request-Origin"); got != "bridge.example.com" {
		t.Errorf("an event comes from %q", got)
	}
	verify(t, r.all()[3], secret)
}

// However many attempts wait for it, there is one question, and nothing is posted before the answer.
func TestAttemptsThatWaitForTheHandshakeShareOneQuestion(t *testing.T) {
	var granted atomic.Bool
	release := make(chan struct{})
	r := newReceiver(t, nil)
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodOptions {
			<-release
			w.Header().Set("WebHook-Allowed-Origin", "*")
			granted.Store(true)
		} else if !granted.Load() {
			t.Error("an event was posted before the receiver agreed")
		}
	}
	sink := newSink(t, r.URL, shaking)
	var sending sync.WaitGroup
	for i := range 32 {
		sending.Go(func() {
			if _, err := sink.Send(t.Context(), sinktest.Event("k", i)); err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	sending.Wait()
	if got := methods(r); strings.Count(got, "OPTIONS") != 1 || strings.Count(got, "POST") != 32 {
		t.Errorf("the receiver saw %s", got)
	}
}

func TestAReceiverThatDoesNotAgreeGetsNoEvent(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   string
		wait   time.Duration
	}{
		"that knows no handshake": {func(http.ResponseWriter, *http.Request) {}, "status 200 without WebHook-Allowed-Origin", 0},
		"that knows no OPTIONS":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }, "status 405 without", 0},
		"that wants no more":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, "status 410 without", 0},
		"that has no time": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, "status 503 without", 2 * time.Minute},
		"that wants others":     {agreeing(map[string]string{"WebHook-Allowed-Origin": "example.org"}), `is "example.org", not "bridge.example.com"`, 0},
		"that limits obscurely": {agreeing(map[string]string{"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "few"}), `"few", neither`, 0},
		"that limits by halves": {agreeing(map[string]string{"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "1.5"}), `"1.5", neither`, 0},
		"that allows none":      {agreeing(map[string]string{"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "0"}), `"0", neither`, 0},
		"that repeats secrets": {func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("WebHook-Allowed-Origin", q.Header.Get("Authorization"))
		}, "(sensitive)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, tc.answer)
			sink := newSink(t, r.URL, strings.ReplaceAll(shaking, "Bearer x", "Bearer "+sinktest.Marker))
			receipt, err := sink.Send(t.Context(), sinktest.Event("42", 3))
			if err == nil || !strings.Contains(err.Error(), "ask for permission: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v", err)
			}
			if receipt.Status != 0 || bridge.IsPermanent(err) || bridge.IsGone(err) || bridge.Wait(err) != tc.wait {
				t.Errorf("%+v, %v, wait %s", receipt, err, bridge.Wait(err))
			}
			if strings.Contains(fmt.Sprint(err), sinktest.Marker) {
				t.Errorf("a secret is shown: %v", err)
			}
			classed, ok := errors.AsType[interface {
				error
				Class() string
			}](err)
			if !ok || classed.Class() != "handshake" {
				t.Errorf("the class is %v", classed)
			}
			_, _ = sink.Send(t.Context(), sinktest.Event("42", 3)) // refused as well, and asked for anew
			if got := methods(r); got != "OPTIONS OPTIONS" {
				t.Errorf("the receiver saw %s", got)
			}
		})
	}
}

// The receiver that takes its permission back is asked again before the next event.
func TestAnEventThatIsRefusedEndsThePermission(t *testing.T) {
	var status atomic.Int64
	r := newReceiver(t, nil)
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		if q.Method != http.MethodOptions {
			w.WriteHeader(int(status.Load()))
		}
	}
	sink := newSink(t, r.URL, shaking)
	for _, code := range []int64{200, 500, 400, 403, 200, 405, 503, 200} {
		status.Store(code)
		_, _ = sink.Send(t.Context(), sinktest.Event("42", 3)) // whatever it says
	}
	if got := methods(r); got != "OPTIONS POST POST POST POST OPTIONS POST POST OPTIONS POST POST" {
		t.Errorf("the receiver saw %s", got)
	}
}

// A handshake is bounded by the attempt that makes it, and one that is cut off says nothing to the others.
func TestAHandshakeThatHangsHoldsNobodyLongerThanTheirOwnTime(t *testing.T) {
	asked := make(chan struct{})
	var first sync.Once
	r := newReceiver(t, nil)
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		first.Do(func() {
			close(asked)
			<-q.Context().Done()
		})
	}
	sink := newSink(t, r.URL, shaking)
	impatient, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() {
		if _, err := sink.Send(impatient, sinktest.Event("a", 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	<-asked
	late, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	if _, err := sink.Send(late, sinktest.Event("b", 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that waited longer than its time: %v", err)
	}
	sending.Go(func() {
		if _, err := sink.Send(t.Context(), sinktest.Event("c", 1)); err != nil {
			t.Errorf("one that has time: %v", err)
		}
	})
	cancel()
	sending.Wait()
	if got := methods(r); got != "OPTIONS OPTIONS POST" {
		t.Errorf("the receiver saw %s", got)
	}
}

// The rate that the receiver allows is kept: near turns are waited for, and others cost no attempt.
func TestTheRateThatTheReceiverAllowsIsKept(t *testing.T) {
	r := newReceiver(t, agreeing(map[string]string{"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "600"}))
	sink := newSink(t, r.URL, shaking)
	began := time.Now()
	for i := range 4 {
		if _, err := sink.Send(t.Context(), sinktest.Event("k", i)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("4 events at 10 a second took %s", took)
	}
	slow := newReceiver(t, agreeing(map[string]string{"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "2"}))
	sink = newSink(t, slow.URL, shaking)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if _, err := sink.Send(ctx, sinktest.Event("k", 1)); err != nil {
		t.Fatal(err)
	}
	_, err := sink.Send(ctx, sinktest.Event("k", 2))
	if !bridge.IsPutOff(err) || bridge.Wait(err) < 29*time.Second || bridge.Wait(err) > 30*time.Second {
		t.Errorf("the second of two a minute: %v, wait %s", err, bridge.Wait(err))
	}
	if got := methods(slow); got != "OPTIONS POST" {
		t.Errorf("the receiver saw %s", got)
	}
}
