package simulation

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/zeebo/xxh3"
)

// A receiver takes the events of one sink, more or less well.
type receiver struct {
	*world
	name string
	dice dice
	key  signature.Key
	seen map[string]int // attempts by id; under the ledger's lock
}

// told is what an event says, as far as receivers of these tests look at it.
type told struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Source   string          `json:"source"`
		Sink     string          `json:"sink"`
		Key      string          `json:"key"`
		Change   string          `json:"change"`
		Revision uint64          `json:"revision"`
		Snapshot bool            `json:"snapshot"`
		Before   json.RawMessage `json:"before"`
		After    json.RawMessage `json:"after"`
		Changed  []string        `json:"changed"`
		Reason   string          `json:"reason"`
		Observed struct {
			From, To time.Time
		} `json:"observed"`
	} `json:"data"`
}

// A manner is how a receiver answers.
type manner struct {
	name   string
	status int
	takes  time.Duration
	wait   time.Duration
	lost   bool // it takes the event, and nobody hears of it
	hangs  bool
	drips  bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	left := time.Now()
	body, err := io.ReadAll(request.Body)
	r.travels(xxh3.Hash(body))
	if err != nil || !r.gate().at("event arrives") {
		return
	}
	a := r.arrival(request, body, left)
	m := r.manner(a)
	r.ledger.note(func() { a.behaves = m.name })
	if !r.gate().at("event taken") {
		return
	}
	defer func() {
		r.ledger.note(func() { a.done = time.Now() })
		time.Sleep(afterwards)
		r.gate().at("answer read")
	}()
	r.act(w, request, a, m)
}

// travels lets pass what a request takes on its way: what leaves in one instant does not arrive in one.
func (r *receiver) travels(what uint64) {
	time.Sleep(r.dice.span(10*time.Microsecond, 5*time.Millisecond, "travels", what, time.Now().UnixNano()))
}

// arrival writes a request down.
func (r *receiver) arrival(request *http.Request, body []byte, left time.Time) *arrival {
	header := request.Header
	seconds, _ := strconv.ParseInt(header.Get(signature.HeaderTimestamp), 10, 64)
	a := &arrival{
		left: left,
		sink: r.name, id: header.Get(signature.HeaderID), body: body, at: time.Now(), sent: time.Unix(seconds, 0),
		valid: signature.Verify(header, body, time.Now(), r.key) == nil,
	}
	_ = json.Unmarshal(body, &a.event) // what cannot be read was never expected
	r.ledger.note(func() {
		r.seen[a.id]++
		a.number, a.stint = r.seen[a.id], r.stint(r.name)
		r.ledger.arrivals = append(r.ledger.arrivals, a)
	})
	return a
}

// manner is how the receiver answers an attempt: by the mood of the hour, and by what came how often.
func (r *receiver) manner(a *arrival) manner {
	d := r.dice.of(xxh3.Hash(a.body), a.number)
	takes := d.scale(time.Millisecond, 2*time.Second, "takes")
	good := manner{name: "takes it", status: pick(d, []int{200, 201, 202, 204}, "good"), takes: takes}
	if r.calm() {
		return good
	}
	slot := a.at.Sub(r.plan.start) / r.dice.scale(r.plan.scale.hour/6, 36*r.plan.scale.hour, "slot")
	mood := choose(r.dice, moods(), "mood", int64(slot))
	if !d.chance(mood, "bad") {
		return good
	}
	return choose(d, manners(r, d, a, slot), "manner")
}

// moods are how often a receiver is of no use.
func moods() []weight[float64] {
	return []weight[float64]{{6, 0.005}, {2, 0.2}, {1, 0.6}, {1.5, 1}}
}

func manners(r *receiver, d dice, a *arrival, slot time.Duration) []weight[manner] {
	takes := d.scale(time.Millisecond, 2*time.Second, "takes")
	wait := d.scale(time.Second, 30*r.plan.scale.hour, "wait").Truncate(time.Second)
	status := pick(d, []int{500, 502, 503, 400, 404, 408, 301, 422}, "status")
	gone := 0.0
	if r.dice.chance(0.1, "gone", int64(slot)) {
		gone = 10
	}
	limit := a.stint.sink.timeout
	return []weight[manner]{
		{8, manner{name: strconv.Itoa(status), status: status, takes: takes}},
		{2, manner{name: "429", status: 429, wait: wait, takes: takes}},
		{2, manner{name: "503, wait", status: 503, wait: wait, takes: takes}},
		{3, manner{name: "takes it, answer lost", status: 200, lost: true, takes: takes}},
		{2, manner{name: "resets", lost: true, takes: takes}},
		{2, manner{name: "hangs", hangs: true}},
		{2, manner{name: "takes it too late", status: 200, takes: limit + takes}},
		{2, manner{name: "takes it late", status: 200, takes: limit * 9 / 10}},
		{2, manner{name: "takes it, drips", status: 200, takes: takes, drips: true}},
		{gone, manner{name: "410", status: 410, takes: takes}},
	}
}

func (r *receiver) act(w http.ResponseWriter, request *http.Request, a *arrival, m manner) {
	switch {
	case m.hangs:
		<-request.Context().Done()
		return
	case m.lost:
		time.Sleep(m.takes)
		panic(http.ErrAbortHandler)
	}
	time.Sleep(m.takes)
	if m.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(m.wait.Seconds())))
	}
	w.WriteHeader(m.status)
	_, _ = io.WriteString(w, strings.Repeat("ok", 5))
	answered := http.NewResponseController(w).Flush() == nil
	r.ledger.note(func() { a.status, a.wait, a.answered = m.status, m.wait, answered })
	if m.drips {
		<-request.Context().Done()
	}
}
