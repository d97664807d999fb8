package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// relatives are tickets, and the comments of each.
type relatives struct {
	*bridged
	parents  []string
	children map[string]string // the list by ticket; none: 404
	before   func(ticket string)
}

// family runs a test over tickets and their comments. Rule is part of the source of the comments.
func family(t *testing.T, path, rule string, test func(*relatives)) {
	t.Helper()
	sources := `source "http" "tickets" {
		every = "1h"
		url   = "http://api.test/tickets"
		key   = item.id
		sinks = [sink.app]
	}
	source "http" "comments" {
		every    = "1h"
		for_each = source.tickets
		url      = "http://api.test/comments/` + path + `"
		key      = "${each.key} ${item.id}"
		sinks    = [sink.app]
		` + rule + `
	}`
	bridgeOver(t, sources, func(b *bridged) {
		r := &relatives{bridged: b, children: map[string]string{}, before: func(string) {}}
		b.serveSafely(r.answer)
		test(r)
	})
}

func (f *relatives) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	ticket, isList := strings.CutPrefix(r.URL.EscapedPath(), "/comments/")
	if !isList {
		tickets := []object{}
		for _, key := range f.parents {
			tickets = append(tickets, object{"id": key})
		}
		write(rw, tickets)
		return
	}
	ticket, _ = url.PathUnescape(ticket)
	f.before(ticket)
	if list, found := f.children[ticket]; found {
		answerJSON(rw, list)
		return
	}
	nethttp.NotFound(rw, r)
}

// have makes tickets with one comment each.
func (f *relatives) have(tickets ...string) {
	f.parents = tickets
	for _, ticket := range tickets {
		f.children[ticket] = ids(1)
	}
}

// H8, P5: while its parent is held, the tickets that are known are those that are listed for.
func TestTheChildrenOfAHeldParentAreListedAsItIsKnown(t *testing.T) {
	family(t, "${each.key}", "", func(f *relatives) {
		f.have(strings.Fields("a b c d e f g h i j k l m n o p q r s t u v")...)
		f.sends("tickets")
		f.sends("comments")
		f.parents = f.parents[:3]
		if report := f.polls("tickets"); report.Hold == nil {
			t.Fatalf("most tickets are gone: %+v", report)
		}
		f.children["v"] = ids(1, 2)
		f.sends("comments", "created v 2")
		if err := f.loop.Release(f.Context(), "tickets"); err != nil {
			t.Fatal(err)
		}
		if report := f.polls("tickets"); report.Deleted != 19 {
			t.Errorf("after the release: %+v", report)
		}
		if report := f.polls("comments"); report.Hold == nil || report.Hold.Deletes != 20 {
			t.Errorf("most comments are gone: %+v", report)
		}
	})
}

// H8, S1: a parent of which nothing is known yet is waited for, and a parent without items is none of these.
func TestChildrenWaitForTheFirstPollOfTheirParent(t *testing.T) {
	family(t, "${each.key}", "", func(f *relatives) {
		report := f.polls("comments")
		if !bridge.IsPutOff(report.Err) || bridge.Wait(report.Err) != 10*time.Second {
			t.Errorf("without parents: %v", report.Err)
		}
		sources, err := f.loop.Sources(f.Context())
		if err != nil || sources[0].Name != "comments" || sources[0].Memory.Failures != 0 {
			t.Errorf("it was counted as a failure: %+v, %v", sources, err)
		}
		f.sends("tickets")
		f.sends("comments")
		f.have("a")
		f.sends("tickets", "created a")
		f.sends("comments", "created a 1")
		if err := f.loop.Reset(f.Context(), "tickets"); err != nil {
			t.Fatal(err)
		}
		if report := f.polls("comments"); !bridge.IsPutOff(report.Err) || report.Deleted > 0 {
			t.Errorf("after a reset of the parent: %+v", report)
		}
	})
}

// H8: tickets that go and come while comments are listed take theirs along, and nobody else's.
func TestAParentThatShrinksWhileItsChildrenAreListedTakesTheirsAlong(t *testing.T) {
	family(t, "${each.key}", "", func(f *relatives) {
		all := strings.Fields("a b c d e f g h i j k l m n o p")
		f.have(all...)
		f.sends("tickets")
		f.sends("comments")
		var once sync.Once
		var gone []string
		f.before = func(string) { // the first four are on their way
			once.Do(func() {
				f.parents = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
				gone = slices.DeleteFunc(slices.Clone(all), func(key string) bool { return slices.Contains(f.parents, key) })
				if report := f.polls("tickets"); report.Err != nil || report.Deleted != len(gone) {
					t.Errorf("tickets: %+v", report)
				}
			})
		}
		report := f.polls("comments")
		told := map[string]int{}
		for _, change := range changesOf(f.bridged) {
			told[change]++
		}
		for _, key := range f.parents {
			if told["deleted "+key+" 1"] > 0 {
				t.Errorf("the comment of %s was deleted", key)
			}
		}
		if report.Err != nil || report.Deleted < len(gone)-5 {
			t.Errorf("comments: %+v", report)
		}
		rest := f.polls("comments")
		if rest.Err != nil || report.Deleted+rest.Deleted != len(gone) {
			t.Errorf("comments again: %+v", rest)
		}
	})
}

// P4, H8: a ticket that is gone before anybody knows keeps the comments of the others waiting, and loses none; with
// a rule it is one without comments.
func TestOneTicketThatIsNotThereAnyMore(t *testing.T) {
	rule := "response {\n status = [404]\n action = \"empty\"\n}"
	for name, rule := range map[string]string{"without a rule": "", "with a rule": rule} {
		t.Run(name, func(t *testing.T) {
			family(t, "${each.key}", rule, func(f *relatives) {
				f.have("a", "b", "c")
				f.sends("tickets")
				f.sends("comments")
				f.children["a"] = ids(1, 2)
				delete(f.children, "b")
				if rule == "" {
					f.fails("comments", `for each "b"`, "404")
				} else {
					f.sends("comments", "created a 2", "deleted b 1")
				}
				f.parents = []string{"a", "c"}
				f.sends("tickets", "deleted b")
				if rule == "" {
					f.sends("comments", "created a 2", "deleted b 1")
				}
				f.sends("comments")
			})
		})
	}
}

// H7, H8: a key may hold anything, where the path says that it is escaped.
func TestAnyKeyStandsInAPathThatEscapesIt(t *testing.T) {
	keys := []string{"a/b", "a b", "ä?x=1&y=#z", "100%", "%2F", ";,:@+$", "..a", "日本"}
	family(t, "${urlencode(each.key)}", "", func(f *relatives) {
		f.have(keys...)
		f.sends("tickets")
		f.sends("comments")
		var want []string
		for _, key := range keys {
			f.children[key] = ids(1, 2)
			want = append(want, "created "+key+" 2")
		}
		slices.Sort(want)
		f.sends("comments", want...)
	})
}

// H7: what means another place however it is written fails the poll, and is not asked for.
func TestAKeyThatLeadsOutOfThePathIsRefused(t *testing.T) {
	for _, key := range []string{"..", "."} {
		family(t, "${urlencode(each.key)}", "", func(f *relatives) {
			f.have("a", key)
			f.sends("tickets")
			f.before = func(ticket string) {
				if ticket != "a" {
					t.Errorf("asked for %q", ticket)
				}
			}
			if err := f.polls("comments").Err; err == nil || !strings.Contains(err.Error(), fmt.Sprintf("for each %q", key)) {
				t.Errorf("%q: %v", key, err)
			}
		})
	}
}
