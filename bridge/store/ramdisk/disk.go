// Package ramdisk is a [store.Store] whose disk is the memory of the process, for tests in which thousands of
// states live and die. It keeps the contract, as bridge/store/storetest says; what it does not do is survive the
// process. A kill is an [Disk.Open] without a Close before it: what was acknowledged is there, what was claimed
// is free again, and the store that was open before changes nothing any more.
//
// Everything is looked for by walking over all of it: it is made for queues of hundreds, not of millions.
package ramdisk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// errClosed is the answer of a store that was closed, or whose disk another one has opened since.
var errClosed = errors.New("state is closed")

// A Disk is what outlives the stores that are opened on it, one after the other.
type Disk struct {
	seed uint64
	now  func() time.Time

	mutex   sync.Mutex
	open    *Store
	sources map[string]*source
	events  []*event // by number
	last    uint64   // number given to an event
	sinks   map[string]*sink
	secrets map[string][]byte
}

// New makes an empty disk. All that a state draws at random comes from the seed. now is the clock by which what
// is queued is due; nil is time.Now.
func New(seed uint64, now func() time.Time) *Disk {
	if now == nil {
		now = time.Now
	}
	return &Disk{
		seed: seed, now: now,
		sources: map[string]*source{}, sinks: map[string]*sink{}, secrets: map[string][]byte{},
	}
}

// Open gives the disk to a new store. The one before, if it was not closed, is as dead as a killed process.
func (d *Disk) Open() *Store {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.open = &Store{disk: d, claimed: map[*delivery]bool{}, ready: map[string]chan struct{}{}}
	for _, s := range d.sinks {
		for _, waiting := range s.pending {
			waiting.mend(plain(d.now()))
		}
	}
	return d.open
}

// Store is a [store.Store] on a disk.
type Store struct {
	disk    *Disk
	claimed map[*delivery]bool
	ready   map[string]chan struct{}
}

var _ store.Store = (*Store)(nil)

// Close takes the store off its disk.
func (s *Store) Close() error {
	s.disk.mutex.Lock()
	defer s.disk.mutex.Unlock()
	if s.disk.open == s {
		s.disk.open = nil
	}
	return nil
}

// Seed is described at [store.Identity].
func (s *Store) Seed() uint64 { return s.disk.seed }

// Epoch is described at [store.Identity].
func (s *Store) Epoch() string { return fmt.Sprintf("%016x", s.disk.seed) }

// do runs what a call does to the disk, alone.
func (s *Store) do(ctx context.Context, call func(*Disk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.disk.mutex.Lock()
	defer s.disk.mutex.Unlock()
	if s.disk.open != s {
		return errClosed
	}
	return call(s.disk)
}

// Secret is described at [store.Secrets].
func (s *Store) Secret(ctx context.Context, name string) (value []byte, err error) {
	err = s.do(ctx, func(d *Disk) error {
		value = clone(d.secrets[name])
		return nil
	})
	return value, err
}

// KeepSecret is described at [store.Secrets].
func (s *Store) KeepSecret(ctx context.Context, name string, value []byte) error {
	if len(value) > store.MaxSecret {
		return fmt.Errorf("keep secret of %q: %d bytes, and %d are the most", name, len(value), store.MaxSecret)
	}
	return s.do(ctx, func(d *Disk) error {
		if d.secrets[name] = clone(value); value == nil {
			delete(d.secrets, name)
		}
		return nil
	})
}

// clone copies what a caller may write over.
func clone[B ~[]byte](bytes B) B {
	if bytes == nil {
		return nil
	}
	return append(B{}, bytes...)
}

// plain is an instant as a disk gives it back: by the clock on the wall alone.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

func plainEvent(e bridge.Event) bridge.Event {
	e.Time, e.From, e.To = plain(e.Time), plain(e.From), plain(e.To)
	e.Before, e.After, e.Data = clone(e.Before), clone(e.After), clone(e.Data)
	e.Changed = append([]string(nil), e.Changed...)
	return e
}
