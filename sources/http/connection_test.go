package http_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"

	nethttp "net/http"

	"golang.org/x/sync/semaphore"
)

// polls polls so many times, each so long after the one before, and returns how many connections that took.
func (w *world) polls(source bridge.Source, times int, every time.Duration) (dialed int) {
	w.Helper()
	for range times {
		before := w.Open()
		w.check(sourcetest.Poll(w.Context(), source, nil), bridge.Complete, "1")
		synctest.Wait()
		if before == 0 {
			dialed++
		}
		time.Sleep(every)
	}
	return dialed
}

// H6: a source that polls often goes on with its connection, until it is closed or pauses; others close theirs.
func TestASourceThatPollsOftenKeepsItsConnection(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", limits(ids(1)))
		source := w.build(plain)
		if dialed := w.polls(source, 10, 10*time.Second); dialed != 2 || w.Open() != 1 {
			w.Errorf("ten polls, one in ten seconds, took %d connections", dialed)
		}
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if w.Open() != 0 {
			w.Error("the connection is kept for longer than half a minute")
		}
		if dialed := w.polls(source, 5, time.Minute); dialed != 5 || w.Open() != 0 {
			w.Errorf("five polls, one in a minute, took %d connections", dialed)
		}
		w.polls(source, 3, time.Second)
		if err := source.(io.Closer).Close(); err != nil {
			w.Error(err)
		}
		synctest.Wait()
		if w.Open() != 0 {
			w.Error("a connection outlives Close")
		}
	})
}

// H6: what is kept is bounded, and a place that is not used is given up.
func TestOnlySoManySourcesKeepAConnection(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", limits(ids(1)))
		places := semaphore.NewWeighted(1)
		build := func() bridge.Source {
			return sourcetest.MustBuild(w.T, kind(), plain, bridge.Env{Temp: w.TempDir(), Dial: w.Dial, Idle: places})
		}
		first, second := build(), build()
		w.polls(first, 2, time.Second)
		w.polls(second, 2, time.Second)
		if w.Open() != 1 {
			w.Errorf("%d connections are kept", w.Open())
		}
		time.Sleep(time.Minute)
		w.polls(second, 2, time.Second)
		if w.Open() != 1 || places.TryAcquire(1) {
			w.Error("the place was not given up to who polls often")
		}
	})
}

// A POST that meets a connection which the server gave up is not sent again.
func TestAPOSTGetsAConnectionOfItsOwn(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(1)) })
		w.polls(w.build(plain+"method = \"POST\"\nbody = {}"), 3, time.Second)
		if w.Open() != 0 {
			w.Error("the connection of a POST is kept")
		}
	})
}

// H6: sources of one server have their connections in common, as long as they reach it in the same way.
func TestSourcesOfAServerShareItsConnections(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", limits(ids(1)))
		env := bridge.Env{Temp: w.TempDir(), Dial: w.Dial, Commons: &bridge.Commons{}}
		build := func(more string) bridge.Source { return sourcetest.MustBuild(w.T, kind(), plain+more, env) }
		first, second, other := build(""), build(""), build("egress {\n allow = [\"10.0.0.0/8\"]\n}\n")
		for _, source := range []bridge.Source{first, first, second, first, other, other} {
			w.polls(source, 1, time.Second)
		}
		if w.Dialed() != 4 || w.Open() != 2 {
			w.Errorf("%d connections were made, and %d are kept", w.Dialed(), w.Open())
		}
		if err := first.(io.Closer).Close(); err != nil {
			w.Error(err)
		}
		w.polls(second, 1, 31*time.Second)
		if w.Dialed() != 4 || w.Open() != 0 {
			w.Errorf("%d connections were made in the end, and %d are kept", w.Dialed(), w.Open())
		}
	})
}

// A poll that ends takes no connection from one that is under way.
func TestAPollThatEndsLeavesTheConnectionsOfOthersAlone(t *testing.T) {
	in(t, func(w *world) {
		asked := make(chan bool)
		w.serve("api.test", func(rw nethttp.ResponseWriter, req *nethttp.Request) {
			if strings.Contains(req.URL.Path, "slow") {
				<-asked
			}
			answerJSON(rw, ids(1))
		})
		env := bridge.Env{Temp: w.TempDir(), Dial: w.Dial, Commons: &bridge.Commons{}}
		quick := sourcetest.MustBuild(w.T, kind(), plain, env)
		slow := sourcetest.MustBuild(w.T, kind(), strings.Replace(plain, "items", "slow", 1), env)
		go func() {
			time.Sleep(time.Second)
			w.check(sourcetest.Poll(w.Context(), quick, nil), bridge.Complete, "1")
			synctest.Wait()
			if w.Open() != 2 {
				w.Errorf("%d connections are open while one poll is under way and one has ended", w.Open())
			}
			close(asked)
		}()
		w.check(sourcetest.Poll(w.Context(), slow, nil), bridge.Complete, "1")
	})
}
