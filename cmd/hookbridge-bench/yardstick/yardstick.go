// Package yardstick is what the bars measure against: plain programs without the product that do the least that a
// workload asks for, each a process of its own.
package yardstick

import (
	"context"
	"errors"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
)

// Subcommand is the name under which the program is a yardstick.
const Subcommand = "yardstick"

// A Reading is a body that is fetched and split, a number of times.
type Reading struct {
	URL    string
	Rounds int
}

// A Round is conditional requests for a number of lists, each of them as often, for a while. The lists are at
// URL/0, URL/1 and so on.
type Round struct {
	URL   string
	Lists int
	Every time.Duration
	For   time.Duration
}

// Posting is a number of requests with a body each, so many at a time.
type Posting struct {
	URL      string
	Count    int
	Size     int // of a body
	InFlight int
}

// Client speaks to a yardstick.
type Client struct{ *child.Child }

// Start starts a yardstick, which does nothing until it is asked to.
func Start(ctx context.Context) (*Client, error) {
	process, err := child.Start(ctx, Subcommand)
	if err != nil {
		return nil, err
	}
	return &Client{Child: process}, nil
}

// Split reads a body of {…,"items":[…]}, and those that it links to, and splits the items. It returns how many there
// were in all rounds.
func (c *Client) Split(ctx context.Context, r Reading) (items int, err error) {
	err = c.Call(ctx, "Split", r, &items)
	return items, err
}

// Ask makes conditional requests, and returns how many.
func (c *Client) Ask(ctx context.Context, r Round) (requests int, err error) {
	err = c.Call(ctx, "Ask", r, &requests)
	return requests, err
}

// Post makes requests, and returns when all were answered.
func (c *Client) Post(ctx context.Context, p Posting) error {
	return c.Call(ctx, "Post", p, &struct{}{})
}

// errStatus is an answer that the yardstick does not expect.
var errStatus = errors.New("unexpected status")
