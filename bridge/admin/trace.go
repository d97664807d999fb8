package admin

import (
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
)

// What is kept of a trace: how the poll began, and how it ended.
const (
	traceFirst = 100
	traceLast  = 900
)

// A Trace keeps the exchanges of a poll; of very many, the first and the last ones. The zero Trace is empty. It is
// for one goroutine.
type Trace struct {
	first, last []bridge.Exchange
	next        int // in last, once that is full
	omitted     int
}

// Add keeps an exchange.
func (t *Trace) Add(x bridge.Exchange) {
	switch {
	case len(t.first) < traceFirst:
		t.first = append(t.first, x)
	case len(t.last) < traceLast:
		t.last = append(t.last, x)
	default:
		t.last[t.next] = x
		t.next = (t.next + 1) % traceLast
		t.omitted++
	}
}

// exchanges writes what was kept as the API answers with it.
func (t *Trace) exchanges() []Exchange {
	all := make([]Exchange, 0, len(t.first)+len(t.last))
	for _, part := range [][]bridge.Exchange{t.first, t.last[t.next:], t.last[:t.next]} {
		for _, x := range part {
			all = append(all, exchangeOf(x))
		}
	}
	if t.omitted > 0 {
		after := &all[traceFirst]
		after.Note = joined(fmt.Sprintf("%d requests before this one are left out", t.omitted), after.Note)
	}
	return all
}

func joined(first, second string) string {
	if second == "" {
		return first
	}
	return first + "; " + second
}

func exchangeOf(x bridge.Exchange) Exchange {
	return Exchange{
		Page: x.Page, For: x.For, Method: x.Method, URL: x.URL, Unsent: x.Unsent, Status: x.Status, Size: x.Size, Items: x.Items,
		Limits: x.Limits, Note: x.Note, Duration: spanOf(x.Duration),
	}
}
