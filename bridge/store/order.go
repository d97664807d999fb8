package store

import "github.com/zeebo/xxh3"

// Order is the order of the deliveries to one sink.
type Order uint8

const (
	OrderKey    Order = iota // events of one item leave one after the other
	OrderStrict              // all events of the sink do
	OrderNone                // no order
)

func (o Order) String() string { return [...]string{"key", "strict", "none"}[o] }

// Hash returns the [Target.Order] of an event's delivery: deliveries to one sink with the same hash leave one
// after the other.
func (o Order) Hash(seed uint64, source, key string) Hash {
	switch o {
	case OrderStrict:
		return Hash{1}
	case OrderNone:
		return Hash{}
	}
	return xxh3.HashString128Seed(source+"\x00"+key, seed).Bytes()
}
