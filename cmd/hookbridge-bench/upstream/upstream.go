// Package upstream is the API that benchmarks poll: a process that serves collections, lets them change when it is
// told to, and keeps a journal of what it answered.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// Subcommand is the name under which the program is an upstream.
const Subcommand = "upstream"

// A Spec is a collection and the manner in which it is served, as {"generated":…,"items":[…]} at the path /NAME.
type Spec struct {
	Name     string
	Seed     uint64
	Items    int
	Outside  bool          // a field outside the list is another in each answer
	Volatile bool          // a field of each item is another in each answer
	ETag     bool          // answers have a validator, and 304 is one of them
	Chunked  bool          // answers come without their length
	Parts    int           // not 0: the collection is split into so many lists of their own, at /NAME/0, /NAME/1 …
	Page     int           // not 0: so many items to a page, the next one in a Link header
	Latency  time.Duration // before each answer
}

// An Answer is an entry of the journal.
type Answer struct {
	Path   string
	Began  measure.Moment // the request was read
	Ended  measure.Moment // the last byte of the answer was handed to the kernel
	Status int
	Bytes  int
}

// Client speaks to an upstream.
type Client struct {
	*child.Child
	address string
}

// Start starts an upstream that serves collections.
func Start(ctx context.Context, specs ...Spec) (*Client, error) {
	process, err := child.Start(ctx, Subcommand)
	if err != nil {
		return nil, err
	}
	c := &Client{Child: process}
	err = c.Call(ctx, "Open", specs, &c.address)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// URL is the address of a collection.
func (c *Client) URL(name string) string { return "http://" + c.address + "/" + name }

// A Change tells a collection to change, by the mix or else at the positions.
type Change struct {
	Name      string
	Mix       collection.Mix
	Positions []int
}

// Change lets a collection change, and checks that its copy here, which changed alike, did so as well.
func (c *Client) Change(ctx context.Context, change Change, here []collection.Change) error {
	var there uint64
	if err := c.Call(ctx, "Change", change, &there); err != nil {
		return err
	}
	if there != fold(here) {
		return fmt.Errorf("change collection %q: it is another one here than there", change.Name)
	}
	return nil
}

// fold is a hash of changes.
func fold(changes []collection.Change) uint64 {
	hash := uint64(len(changes))
	for _, change := range changes {
		hash = hash*1_000_003 ^ change.Before ^ change.After<<1
	}
	return hash
}

// Freeze ends the changing of a collection's volatile field, and returns how it stands.
func (c *Client) Freeze(ctx context.Context, name string) (views uint32, err error) {
	err = c.Call(ctx, "Freeze", name, &views)
	return views, err
}

// Journal returns what was answered since the last call.
func (c *Client) Journal(ctx context.Context) (answers []Answer, err error) {
	err = c.Call(ctx, "Journal", struct{}{}, &answers)
	return answers, err
}

// Answered is the number of answers since the last call of [Client.Journal].
func (c *Client) Answered(ctx context.Context) (count int, err error) {
	err = c.Call(ctx, "Answered", struct{}{}, &count)
	return count, err
}
