package http_test

import (
	"context"
	"io"
	nethttp "net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// flaky answers with the status, and a Retry-After where it is not empty, this many times before it is well.
func flaky(code int, wait string, times int) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		if times--; times < 0 {
			answerJSON(w, ids(1))
			return
		}
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "busy")
	}
}

func (w *world) pollFor(timeout time.Duration, config string) (sourcetest.Polled, time.Duration) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), timeout)
	defer cancel()
	began := time.Now()
	return sourcetest.Poll(ctx, w.build(config), nil), time.Since(began)
}

func TestAPassingFailureIsRetriedWithinThePoll(t *testing.T) {
	for _, code := range []int{429, 500, 502, 503, 504, 599} {
		in(t, func(w *world) {
			w.serve("api.test", flaky(code, "", 2))
			p, took := w.pollFor(time.Minute, plain)
			w.check(p, bridge.Complete, "1")
			if len(p.Trace) != 3 || p.Trace[0].Status != code || p.Trace[2].Status != 200 {
				w.Errorf("status %d: traced %+v", code, p.Trace)
			}
			if took < 1500*time.Millisecond || took > 4500*time.Millisecond {
				w.Errorf("status %d: two waits took %s", code, took)
			}
		})
	}
}

func TestALastingFailureIsNotRetried(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 408, 422} {
		in(t, func(w *world) {
			w.serve("api.test", flaky(code, "", 1))
			p, took := w.pollFor(time.Minute, plain)
			w.failed(p)
			if len(w.asked) != 1 || took > 0 {
				w.Errorf("status %d: %d requests in %s", code, len(w.asked), took)
			}
		})
	}
}

// S4: the server's wait is a lower bound.
func TestARetryIsNotSoonerThanTheServerAsks(t *testing.T) {
	for _, wait := range []string{"20", "Sat, 01 Jan 2000 00:00:20 GMT"} { // a bubble's time begins with 2000
		in(t, func(w *world) {
			w.serve("api.test", flaky(503, wait, 1))
			p, took := w.pollFor(time.Minute, plain)
			w.check(p, bridge.Complete, "1")
			if took != 20*time.Second {
				w.Errorf("Retry-After %q: after %s", wait, took)
			}
		})
	}
}

// S4: a wait that does not fit into the poll ends it at once and goes to the core.
func TestAWaitLongerThanThePollIsHandedOver(t *testing.T) {
	for _, code := range []int{429, 503, 403} {
		in(t, func(w *world) {
			w.serve("api.test", flaky(code, "120", 1))
			p, took := w.pollFor(time.Minute, plain)
			w.failed(p, "page 1", "busy")
			if bridge.Wait(p.Err) != 2*time.Minute || took > 0 || len(w.asked) != 1 {
				w.Errorf("status %d: wait %s, after %s and %d requests", code, bridge.Wait(p.Err), took, len(w.asked))
			}
		})
	}
}

func TestAFailureThatLastsEndsBeforeThePollDoes(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", flaky(500, "", 1000))
		p, took := w.pollFor(30*time.Second, plain)
		w.failed(p, "500", "gave up after", "tries")
		if took >= 30*time.Second || len(w.asked) < 3 || len(w.asked) > 10 {
			w.Errorf("%d requests in %s", len(w.asked), took)
		}
		if bridge.Wait(p.Err) != 0 {
			w.Errorf("a wait of %s that nobody asked for", bridge.Wait(p.Err))
		}
	})
}

func TestAPollThatIsCancelledWhileItWaitsEndsAtOnce(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", flaky(503, "30", 1))
		ctx, cancel := context.WithCancel(w.Context())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		w.failed(sourcetest.Poll(ctx, w.build(plain), nil), "canceled")
		if took := time.Since(began); took != 5*time.Second {
			w.Errorf("after %s", took)
		}
	})
}
