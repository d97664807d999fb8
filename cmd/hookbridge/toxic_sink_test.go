package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// A toxicAttempt is an attempt while something goes wrong: the class of its failure, "" where it does not fail,
// and whether the receiver took it all the same.
type toxicAttempt struct {
	toxic
	class string
	lost  bool
}

func toxicAttempts() []toxicAttempt {
	return []toxicAttempt{
		{asked("latency", `"latency":50,"jitter":20`), "", false},
		{asked("latency", `"latency":30000`), "timeout", true},
		{asked("timeout", `"timeout":0`), "timeout", false},
		{asked("timeout", `"timeout":300`), "reset", false},
		{asked("reset_peer", `"timeout":0`), "reset", false},
		{asked("limit_data", `"bytes":100`), "reset", false},
		{asked("limit_data", `"bytes":1000`), "reset", false},
		{asked("slicer", `"average_size":90,"size_variation":40,"delay":100`), "", false},
		{asked("slow_close", `"delay":1000`), "", false},
		{asked("bandwidth", `"rate":1`), "timeout", true},
		{toxic{kind: "refused"}, "refused", false},
		{answered("latency", `"latency":50,"jitter":20`), "", false},
		{answered("latency", `"latency":30000`), "timeout", true},
		{answered("timeout", `"timeout":0`), "timeout", true},
		{answered("timeout", `"timeout":300`), "reset", true},
		{answered("reset_peer", `"timeout":0`), "reset", true},
		{answered("limit_data", `"bytes":0`), "reset", true},
		{answered("limit_data", `"bytes":5`), "protocol", true},
		{answered("limit_data", `"bytes":60`), "protocol", true},
		{answered("limit_data", `"bytes":900`), "", false}, // the status has been said
		{answered("slicer", `"average_size":9,"size_variation":4,"delay":100`), "", false},
		{answered("slow_close", `"delay":1000`), "", false},
		{answered("bandwidth", `"rate":1`), "", false},
	}
}

// R5, D10: whatever the network does between a sink and its receiver, an attempt either succeeds, or is deferred
// with the class of what went wrong. Once the network is well, the event arrives: a second time only where the
// answer of the first was lost.
func TestAnAttemptOverABadNetworkSucceedsOrIsMadeAgain(t *testing.T) {
	attempts := toxicAttempts()
	lines, taken := make([]*toxicLine, len(attempts)), make([]atomic.Int32, len(attempts))
	var config, names []string
	for i := range attempts {
		lines[i] = newToxicLine(t, liveServe(t, func(w http.ResponseWriter, r *http.Request) { toxicTake(w, r, &taken[i]) }))
		config = append(config, fmt.Sprintf(toxicSink, i, lines[i].url(), signature.NewSecret()))
		names = append(names, "sink."+toxicName(i))
	}
	var version atomic.Int32
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `[{"id":1,"version":%d,"filler":%q}]`, version.Load(), strings.Repeat("x", 5000))
	})
	source := crashShape{name: "orders"}.config(api, strings.Join(names, ","), 0)
	l := newLive(t, strings.NewReplacer("body.items", "body", `"emit"`, `"baseline"`, `"1s"`, `"1h"`).Replace(source)+strings.Join(config, ""))
	l.mustStart()
	l.poll("orders")
	for i, a := range attempts {
		lines[i].poison(a.toxic)
	}
	version.Store(1)
	l.poll("orders")
	id := l.toxicEvents("orders")[0].ID
	l.eachToxic(len(attempts), func(i int) {
		l.checkFirst(id, toxicName(i), attempts[i])
		lines[i].heal(attempts[i].toxic)
	})
	l.untilSent()
	for i, a := range attempts {
		most := 1
		if a.lost {
			most = 2
		}
		if count := int(taken[i].Load()); count < 1 || count > most {
			t.Errorf("%s: the receiver took the event %d times", a.toxic, count)
		}
	}
	l.stop()
}

const toxicSink = `
sink "webhook" "line%d" {
  url     = %q
  secret  = %q
  timeout = "1s"
  retry {
    schedule = ["3s", "3s"]
    jitter   = "0%%"
  }
}
`

// toxicTake takes a webhook that arrives whole, and says more than a sink needs to know.
func toxicTake(w http.ResponseWriter, r *http.Request, taken *atomic.Int32) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	taken.Add(1)
	_, _ = io.WriteString(w, strings.Repeat("thank you ", 300))
}

// checkFirst waits for the first attempt of a delivery, and checks how it ended and what is to follow.
func (l *live) checkFirst(id, sink string, a toxicAttempt) {
	d := l.attempted(id, sink)
	switch first := d.Log[0]; {
	case a.class == "" && (d.State != "delivered" || first.Status != http.StatusOK):
		l.Errorf("%s: the attempt ended with %+v", a.toxic, first)
	case a.class != "" && (d.State != "pending" || first.Class != a.class):
		l.Errorf("%s: the delivery is %s, and its attempt ended with class %q: %s", a.toxic, d.State, first.Class, first.Error)
	case a.class != "" && (d.Attempts != 1 || time.Until(d.Due) > 3*time.Second):
		l.Errorf("%s: after %d attempts the next is at %s", a.toxic, d.Attempts, d.Due)
	}
}

// attempted returns the delivery of an event to a sink once an attempt of it has ended.
func (l *live) attempted(id, sink string) admin.Delivery {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for late := time.After(liveWait); ; {
		event, err := l.client().Event(l.Context(), id)
		if err != nil {
			l.Errorf("event %s: %v", id, err)
		}
		for _, d := range event.Deliveries {
			if d.Sink == sink && len(d.Log) > 0 {
				return d
			}
		}
		select {
		case <-look.C:
		case <-late:
			l.Errorf("no attempt was made at %s", sink)
			return admin.Delivery{Log: []admin.Attempt{{}}}
		}
	}
}
