package simulation

import (
	"context"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/bridge/store/ramdisk"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A world is one run: an upstream, receivers and an operator around a program that lives and dies.
type world struct {
	t       *testing.T
	plan    *plan
	bent    bent
	dir     string
	network *sourcetest.Network
	disk    *ramdisk.Disk
	setup   *setup // in force, or to be at the next start
	ledger  ledger
	over    bool // the time of change is over
	calmed  time.Time
	quiet   atomic.Bool  // nothing goes wrong any more
	off     atomic.Int64 // of the clock on the wall
	full    atomic.Bool  // the disk
	next    int          // deed of the plan
	at      atomic.Pointer[life]
	under   map[string]*polled        // polls under way, by source; under the ledger's lock
	opened  map[*collection]bool      // sources whose state has to be looked at; under the ledger's lock
	last    map[*collection]time.Time // polls; under the ledger's lock
}

func newWorld(t *testing.T, p *plan, b bent, dir string) *world {
	w := &world{
		t: t, plan: p, bent: b, dir: dir, network: sourcetest.NewNetwork(), setup: p.first,
		under: map[string]*polled{}, opened: map[*collection]bool{}, last: map[*collection]time.Time{},
	}
	w.disk = ramdisk.New(p.seed, w.wall)
	return w
}

// wall is the clock that the program sees.
func (w *world) wall() time.Time { return time.Now().Round(0).Add(time.Duration(w.off.Load())) }

func (w *world) calm() bool { return w.quiet.Load() }

// gate is that of the life that is, or was last.
func (w *world) gate() *gate { return w.at.Load().gate }

// stint returns the one in which a sink is now. The ledger is locked.
func (w *world) stint(sink string) *stint {
	for at := len(w.ledger.stints) - 1; at >= 0; at-- {
		if s := w.ledger.stints[at]; s.sink.name == sink {
			return s
		}
	}
	return &stint{}
}

// polling returns the poll that is under way of a source.
func (w *world) polling(source string) (p *polled) {
	w.ledger.note(func() { p = w.under[source] })
	return p
}

// serve begins to answer at all addresses.
func (w *world) serve() {
	up := &upstream{w}
	for _, s := range w.plan.first.sources {
		w.network.Serve(w.t, s.host+":80", up)
	}
	key, err := signature.ParseSecret(secret)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range w.plan.first.sinks {
		r := &receiver{world: w, name: s.name, dice: w.plan.dice.of("receiver", s.name), key: key, seen: map[string]int{}}
		w.network.Serve(w.t, s.name+".test:80", http.Handler(r))
	}
}

// open opens the state.
func (w *world) open(ctx context.Context) store.Store {
	if !w.plan.scale.real {
		return w.disk.Open()
	}
	s, err := badger.Open(ctx, badger.Options{Path: filepath.Join(w.dir, "state"), Now: w.wall})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// run runs the world from its beginning to its end.
func (w *world) run() {
	time.Sleep(time.Until(w.plan.start))
	w.serve()
	for number := 1; !w.over; number++ {
		l := w.born(number)
		l.lives()
		if !w.over {
			time.Sleep(time.Until(l.end().Add(l.down)))
		}
	}
}
