package simulation

import (
	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// bent is the program with a bug planted in it. The zero value has none.
type bent struct {
	name       string
	finds      string // the kinds of violations that it shows as
	bendSource func(bridge.Source) bridge.Source
	bendSink   func(bridge.Sink) bridge.Sink
	bendState  func(store.Sources) store.Sources
	bendOutbox func(store.Outbox) store.Outbox
}

func (b bent) source(s bridge.Source) bridge.Source  { return bend(b.bendSource, s) }
func (b bent) sink(s bridge.Sink) bridge.Sink        { return bend(b.bendSink, s) }
func (b bent) sources(s store.Sources) store.Sources { return bend(b.bendState, s) }
func (b bent) outbox(s store.Outbox) store.Outbox    { return bend(b.bendOutbox, s) }

func bend[V any](how func(V) V, what V) V {
	if how == nil {
		return what
	}
	return how(what)
}
