package badger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// waitForWrites returns when so many writes wait for the writer.
func waitForWrites(s *Store, count int) {
	for len(s.writes) < count {
		runtime.Gosched()
	}
}

// holdWriter lets one commit of an event reach its transaction, and keeps it there until hold is closed.
func holdWriter(t *testing.T, s *Store, waiting *sync.WaitGroup) (hold chan struct{}, commits *int) {
	hold, commits = make(chan struct{}), new(int)
	entered := make(chan struct{}, 1)
	s.commit = func(b *batch) error {
		if *commits++; *commits == 1 {
			entered <- struct{}{}
		}
		<-hold
		return b.commit()
	}
	waiting.Go(func() { commitEvents(t, s, 0, "first") })
	<-entered
	return hold, commits
}

func TestCommitsThatWaitShareOneTransaction(t *testing.T) {
	s := mustOpen(t, newPath(t))
	var waiting sync.WaitGroup
	hold, commits := holdWriter(t, s, &waiting)
	for i := range 200 {
		waiting.Go(func() { commitEvents(t, s, 0, fmt.Sprint(i)) })
	}
	waitForWrites(s, 200)
	close(hold)
	waiting.Wait()
	isEqual(t, "transactions", *commits, 2)
	isEqual(t, "claimed", len(claimAll(t, s)), 201)
	must(t, s.Close())
}

func TestNothingIsAcknowledgedBeforeItsTransactionIs(t *testing.T) {
	s := mustOpen(t, newPath(t))
	var committed atomic.Bool
	s.commit = func(b *batch) error {
		defer committed.Store(true)
		return b.commit()
	}
	commitEvents(t, s, 0, "e1")
	isEqual(t, "committed when it returned", committed.Load(), true)
	failAfter(s, 0)
	err := s.Commit(t.Context(), store.Commit{Source: "orders", Append: []store.Append{appendOf("e2", "hook", 0)}})
	mustFail(t, err, errInjected)
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
}

func TestAWriteThatFailsLeavesNothingInTheTransactionOfTheOthers(t *testing.T) {
	s := mustOpen(t, newPath(t))
	failed := errors.New("failed")
	b := newBatch(s.db)
	defer b.discard()
	must(t, b.try(func(b *batch) error { b.set([]byte("z1"), []byte("a")); return nil }))
	mustFail(t, b.try(func(b *batch) error { b.set([]byte("z1"), []byte("b")); return failed }), failed)
	must(t, b.commit())
	must(t, s.look(func(v view) error {
		value, err := v.get([]byte("z1"))
		isEqual(t, "value", string(value), "a")
		return err
	}))
	must(t, s.Close())
}

func TestClosingWritesWhatWasSubmitted(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	var waiting sync.WaitGroup
	hold, _ := holdWriter(t, s, &waiting)
	for i := range 20 {
		waiting.Go(func() { commitEvents(t, s, 0, fmt.Sprint(i)) })
	}
	waitForWrites(s, 20)
	waiting.Go(func() { must(t, s.Close()) })
	close(hold)
	waiting.Wait()
	s = mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 21)
	must(t, s.Close())
}

func TestACallerThatGivesUpBeforeItsWriteIsAppliedChangesNothing(t *testing.T) {
	s := mustOpen(t, newPath(t))
	var waiting sync.WaitGroup
	hold, _ := holdWriter(t, s, &waiting)
	ctx, cancel := context.WithCancel(t.Context())
	waiting.Go(func() {
		err := s.Commit(ctx, store.Commit{Source: "orders", Append: []store.Append{appendOf("second", "hook", 0)}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
	waitForWrites(s, 1)
	cancel()
	close(hold)
	waiting.Wait()
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
}
