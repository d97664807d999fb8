// Package sourcetest is the suite that every kind of source passes: what the contract of [bridge.Source]
// says in words, a test says here. It also holds what the tests of a source need: servers in memory, and
// configs whose secrets can be looked for.
package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
)

// A Case is one kind of source beside a server that it polls.
type Case struct {
	Kind   bridge.Kind[bridge.Source]
	Config string // the body of a block; URL stands for the server's address, http://api.test
	// Serve answers a listing of items with these keys, as the config expects it.
	Serve    func(keys []string) http.Handler
	Coverage bridge.Coverage // of a listing that went well
	Secrets  []string        // further lines of config, each with a secret from env("…")
}

// Address is where the server of a [Case] stands.
const Address = "api.test:80"

// Run checks a source against the contract.
func Run(t *testing.T, c Case) {
	for name, check := range map[string]func(*suite){
		"yields each item as JSON with its key":                    (*suite).items,
		"says how much of the collection it saw":                   (*suite).coverage,
		"is unchanged or the same when polled again":               (*suite).again,
		"sees a change after an unchanged poll":                    (*suite).change,
		"takes a cursor that is none for no cursor":                (*suite).oddCursor,
		"ends at once when its context is cancelled":               (*suite).cancelled,
		"ends when its context is cancelled between items":         (*suite).cancelledBetween,
		"ends by its deadline on a server that hangs":              (*suite).deadline,
		"returns an error of yield unchanged and reads no further": (*suite).refusal,
		"fails without a cursor when the server does":              (*suite).failure,
		"leaves no connection behind that Close does not end":      (*suite).connections,
		"never takes a truncated body for a listing":               (*suite).truncated,
		"fails on a page of HTML":                                  (*suite).html,
		"fails on an empty answer":                                 (*suite).empty,
		"tells no secret whatever the server answers":              (*suite).secrets,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				check(&suite{T: t, Case: c, network: NewNetwork()})
			})
		})
	}
}

// suite is one test of a case.
type suite struct {
	*testing.T
	Case
	network *Network
}

func (s *suite) source(handler http.Handler, more ...string) bridge.Source {
	s.Helper()
	s.network.Serve(s.T, Address, handler)
	return s.build(more...)
}

func (s *suite) build(more ...string) bridge.Source {
	s.Helper()
	config := strings.ReplaceAll(s.Config, "URL", "http://api.test") + "\n" + strings.Join(more, "\n")
	return MustBuild(s.T, s.Kind, config, bridge.Env{
		Name: "tested", Version: "0.0.0", Temp: s.TempDir(), Dial: s.network.Dial, Keep: NewKeep(),
	})
}

func (s *suite) poll(source bridge.Source, since bridge.Cursor) Polled {
	s.Helper()
	p := Poll(s.Context(), source, since)
	if p.Err != nil {
		s.Fatalf("poll: %v", p.Err)
	}
	return p
}

func (s *suite) items() {
	keys := []string{"first", "second", "third"}
	p := s.poll(s.source(s.Serve(keys)), nil)
	if got, want := p.Keys(), "first second third"; got != want {
		s.Errorf("keys %q, want %q", got, want)
	}
	for _, item := range p.Items {
		if !jsontext.Value(item.Body).IsValid() {
			s.Errorf("item %q is no JSON: %s", item.Key, item.Body)
		}
	}
}

func (s *suite) coverage() {
	source := s.source(s.Serve(nil))
	if p := s.poll(source, nil); p.Outcome.Coverage != s.Coverage || len(p.Items) > 0 {
		s.Errorf("an empty listing: coverage %s, want %s; items %q", p.Outcome.Coverage, s.Coverage, p.Keys())
	}
	s.network.Serve(s.T, Address, s.Serve([]string{"first"}))
	if p := s.poll(source, nil); p.Outcome.Coverage != s.Coverage {
		s.Errorf("a listing: coverage %s, want %s", p.Outcome.Coverage, s.Coverage)
	}
}

func (s *suite) again() {
	source := s.source(s.Serve([]string{"first", "second"}))
	once := s.poll(source, nil)
	twice := s.poll(source, once.Outcome.Cursor)
	switch twice.Outcome.Coverage {
	case bridge.Unchanged:
		if len(twice.Items) > 0 {
			s.Errorf("unchanged, and yet it yielded %q", twice.Keys())
		}
	case bridge.Changes: // which the server may tell again
	case once.Outcome.Coverage:
		if !slices.EqualFunc(once.Items, twice.Items, same) {
			s.Errorf("first %q, then %q", once.Keys(), twice.Keys())
		}
	default:
		s.Errorf("coverage %s after %s", twice.Outcome.Coverage, once.Outcome.Coverage)
	}
}

func same(a, b bridge.Item) bool { return a.Key == b.Key && string(a.Body) == string(b.Body) }

func (s *suite) change() {
	source := s.source(s.Serve([]string{"first"}))
	once := s.poll(source, nil)
	twice := s.poll(source, once.Outcome.Cursor)
	s.network.Serve(s.T, Address, s.Serve([]string{"first", "second"}))
	if got := s.poll(source, twice.Outcome.Cursor).Keys(); got != "first second" {
		s.Errorf("keys %q after the change", got)
	}
}

func (s *suite) oddCursor() {
	source := s.source(s.Serve([]string{"first"}))
	for _, cursor := range []string{"", "x", "{", "null", "[]", `{"v":1}`, `{"v":99,"etag":"\"a\""}`, "\x00\xff"} {
		if p := s.poll(source, bridge.Cursor(cursor)); p.Keys() != "first" || p.Outcome.Coverage != s.Coverage {
			s.Errorf("cursor %q: %s, keys %q", cursor, p.Outcome.Coverage, p.Keys())
		}
	}
}

func (s *suite) cancelled() {
	source := s.source(hang())
	ctx, cancel := context.WithCancel(s.Context())
	time.AfterFunc(time.Second, cancel)
	began := time.Now()
	s.ended(Poll(ctx, source, nil), context.Canceled)
	if took := time.Since(began); took != time.Second {
		s.Errorf("it took %s to end", took)
	}
	s.ended(Poll(ctx, source, nil), context.Canceled)
}

func (s *suite) cancelledBetween() {
	ctx, cancel := context.WithCancel(s.Context())
	source := s.source(s.Serve([]string{"first", "second", "third"}))
	yielded := 0
	outcome, err := source.Poll(ctx, nil, func(bridge.Item) error {
		yielded++
		cancel()
		return nil
	})
	s.ended(Polled{Outcome: outcome, Err: err}, context.Canceled)
	if yielded != 1 {
		s.Errorf("%d items after the context was cancelled", yielded-1)
	}
}

func (s *suite) deadline() {
	source := s.source(hang())
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	s.ended(Poll(ctx, source, nil), context.DeadlineExceeded)
}

func (s *suite) ended(p Polled, want error) {
	s.Helper()
	if !errors.Is(p.Err, want) {
		s.Errorf("error %v, want one that is %v", p.Err, want)
	}
	s.nothing(p)
}

// nothing checks that a failed poll has no outcome.
func (s *suite) nothing(p Polled) {
	s.Helper()
	if p.Err == nil {
		s.Errorf("the poll went well, with %s and items %q", p.Outcome.Coverage, p.Keys())
	}
	if p.Outcome.Cursor != nil || p.Outcome.Coverage != bridge.Changes {
		s.Errorf("a failed poll has the outcome %+v", p.Outcome)
	}
}

// hang answers nothing until the client leaves.
func hang() http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client is gone
		<-r.Context().Done()
	})
}

func (s *suite) refusal() {
	source := s.source(s.Serve([]string{"first", "second"}))
	stop, calls := fmt.Errorf("enough: %s", Secret), 0
	outcome, err := source.Poll(s.Context(), nil, func(bridge.Item) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		s.Errorf("error %v after %d items, want the one of yield after 1", err, calls)
	}
	s.nothing(Polled{Outcome: outcome, Err: err})
}

func (s *suite) failure() {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	p := Poll(ctx, s.source(status(http.StatusInternalServerError, "")), nil)
	s.nothing(p)
	if p.Err != nil && !strings.Contains(p.Err.Error(), "500") {
		s.Errorf("error %v does not say the status", p.Err)
	}
}

func (s *suite) connections() {
	s.poll(s.source(s.Serve([]string{"first"})), nil)
	s.idle("a good poll")
	s.closed(s.Serve([]string{"first"}))
	s.nothing(Poll(s.Context(), s.source(status(http.StatusNotFound, "no")), nil))
	s.idle("a failed poll")
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	s.nothing(Poll(ctx, s.source(hang()), nil))
	s.idle("a poll that was cut off")
}

// closed polls so often that a source may keep a connection, and closes it.
func (s *suite) closed(handler http.Handler) {
	source := s.source(handler)
	for range 5 {
		s.poll(source, nil)
	}
	synctest.Wait()
	if open := s.network.Open(); open > 2 {
		s.Errorf("%d connections are kept between polls", open)
	}
	if closer, ok := source.(io.Closer); ok {
		if err := closer.Close(); err != nil {
			s.Errorf("close: %v", err)
		}
	}
	s.idle("Close")
}

func (s *suite) idle(after string) {
	s.Helper()
	synctest.Wait()
	if open := s.network.Open(); open != 0 {
		s.Errorf("after %s %d connections are open, and what reads them runs on", after, open)
	}
}
