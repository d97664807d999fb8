package simulation

import (
	"fmt"
	"net/http"
	"time"
)

// A fault is what goes wrong with an answer. The zero fault is none.
type fault struct {
	name  string
	lie   bool // the answer says nothing of it
	takes time.Duration
	wait  time.Duration // that is asked for
	bend  func(*question, *page)
	send  func(http.ResponseWriter, *http.Request, []byte) // in place of the page
}

// A weather is how much goes wrong, for a day or so.
type weather float64

const (
	fair  weather = 0.003
	rainy weather = 0.05
	storm weather = 0.6
)

// weather is that of a server at an instant.
func (u *upstream) weather(q *question) weather {
	if u.calm() {
		return 0
	}
	d := q.collection.dice
	slot := q.began.Sub(u.plan.start) / d.scale(time.Hour, 48*time.Hour, "slot")
	return choose(d, []weight[weather]{{6, fair}, {2, rainy}, {1, storm}}, "weather", int64(slot))
}

func (u *upstream) fault(q *question) fault {
	d := q.collection.dice.of(q.source.name, q.began.UnixNano(), q.number)
	takes := d.scale(time.Millisecond, 300*time.Millisecond, "takes")
	f := fault{}
	if d.chance(float64(u.weather(q)), "fault") {
		f = choose(d, faults(d, q, u.plan.scale.hour), "kind")
	}
	f.takes += takes
	if f.name == "" && d.chance(0.02, "patience") && !u.calm() {
		f.wait = d.scale(time.Second, 2*q.source.every, "wait").Truncate(time.Second)
	}
	return f
}

// faults are those that there may be.
func faults(d dice, q *question, hour time.Duration) []weight[fault] {
	wait := d.scale(time.Second, 12*hour, "asked").Truncate(time.Second)
	status := pick(d, []int{500, 502, 503, 504}, "status")
	return []weight[fault]{
		{6, fault{name: fmt.Sprint(status), send: refuse(status, "")}},
		{3, fault{name: "503, wait", wait: wait, send: refuse(503, fmt.Sprint(int(wait.Seconds())))}},
		{3, fault{name: "429", wait: wait, send: refuse(429, fmt.Sprint(int(wait.Seconds())))}},
		{1, fault{name: "401", send: refuse(401, "")}},
		{1, fault{name: "404", send: refuse(404, "")}},
		{3, fault{name: "reset", send: reset}},
		{3, fault{name: "truncated", send: truncate}},
		{2, fault{name: "hangs", takes: 2 * q.source.timeout}},
		{2, fault{name: "html", send: say("text/html", "<html>maintenance</html>")}},
		{2, fault{name: "no list", send: say("application/json", `{"error":"overloaded"}`)}},
		{1, fault{name: "null", send: say("application/json", `{"items":null}`)}},
		{2, fault{name: "empty list", lie: true, bend: func(_ *question, p *page) { *p = page{} }}},
		{2, fault{name: "short list", lie: true, bend: func(_ *question, p *page) {
			*p = page{items: p.items[:len(p.items)/2]}
		}}},
	}
}

func refuse(status int, wait string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Del("Link")
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		http.Error(w, "no", status)
	}
}

func say(kind, body string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Del("Link")
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

func reset(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }

func truncate(w http.ResponseWriter, _ *http.Request, body []byte) {
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
