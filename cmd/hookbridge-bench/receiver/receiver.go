// Package receiver is what benchmarks send webhooks to: a process that keeps all that it takes, at little cost, and
// reads it only when it is asked what that was.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// Subcommand is the name under which the program is a receiver.
const Subcommand = "receiver"

// A Manner is how a receiver takes requests.
type Manner struct {
	Secret string        // with which events are signed; "": they are not
	Delay  time.Duration // before each answer
	Fails  float64       // share of the requests that it answers with 500, and does not take
	Down   bool          // it answers all with 503, and takes none
	Most   int           // not 0: it takes so many more, and lets the others wait until it has another manner
}

// An Arrival is a request that was taken.
type Arrival struct {
	At     measure.Moment // it was read to its end
	ID     string         // of the event; "" where there is none
	Source string
	Key    string
	Change string
	Before uint64 // hashes of the bytes of the item, as in package collection
	After  uint64
	Fault  string // why it is no event as it should be; "" where it is one
}

// Client speaks to a receiver.
type Client struct {
	*child.Child
	URL string
}

// Start starts a receiver.
func Start(ctx context.Context, manner Manner) (*Client, error) {
	process, err := child.Start(ctx, Subcommand)
	if err != nil {
		return nil, err
	}
	c := &Client{Child: process}
	if err := c.Call(ctx, "Open", manner, &c.URL); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Behave gives the receiver another manner.
func (c *Client) Behave(ctx context.Context, manner Manner) error {
	return c.Call(ctx, "Behave", manner, &struct{}{})
}

// A Tally is what a receiver took since it was last asked to forget.
type Tally struct {
	Count int
	Bytes int
	First measure.Moment
	Last  measure.Moment // of the last one that arrived
	Done  measure.Moment // the last answer was made
}

// Rate is how many requests were taken a second, from the first one's arrival to the last one's; 0 of less than two.
func (t Tally) Rate() float64 {
	if t.Count < 2 {
		return 0
	}
	return float64(t.Count-1) / t.Last.Sub(t.First).Seconds()
}

// Tally counts.
func (c *Client) Tally(ctx context.Context) (t Tally, err error) {
	err = c.Call(ctx, "Tally", struct{}{}, &t)
	return t, err
}

// ErrQuiet is that less arrived than was waited for.
var ErrQuiet = errors.New("nothing arrives any more")

// Await returns when so many were taken; after a time without any it is an [ErrQuiet].
func (c *Client) Await(ctx context.Context, count int, patience time.Duration) (Tally, error) {
	last := -1
	for quiet := measure.Now(); measure.Now().Sub(quiet) < patience; {
		t, err := c.Tally(ctx)
		if err != nil || t.Count >= count {
			return t, err
		}
		if t.Count > last {
			last, quiet = t.Count, measure.Now()
		}
		if err := measure.Wait(ctx, 10*time.Millisecond); err != nil {
			return t, err
		}
	}
	return Tally{}, fmt.Errorf("wait for %d events: %w: %d came, and then none for %s", count, ErrQuiet, last, patience)
}

// Alone returns when no connection is open any more: a sender that was killed leaves requests behind, which would be
// taken for those of the next one.
func (c *Client) Alone(ctx context.Context, patience time.Duration) error {
	guests := 0
	for began := measure.Now(); measure.Now().Sub(began) < patience; {
		if err := c.Call(ctx, "Guests", struct{}{}, &guests); err != nil || guests == 0 {
			return err
		}
		if err := measure.Wait(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%d connections to the receiver are still open after %s", guests, patience)
}

// Forget begins a new tally. Arrivals are kept.
func (c *Client) Forget(ctx context.Context) error {
	return c.Call(ctx, "Forget", struct{}{}, &struct{}{})
}

// Arrivals hands over what was taken since the last call, in the order of its arrival, and keeps nothing of it.
func (c *Client) Arrivals(ctx context.Context) (arrivals []Arrival, err error) {
	for {
		var some []Arrival
		if err := c.Call(ctx, "Arrivals", struct{}{}, &some); err != nil || len(some) == 0 {
			return arrivals, err
		}
		arrivals = append(arrivals, some...)
	}
}
