package http_test

import (
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const changing = `
	url   = "http://api.test/items"
	items = body.data
	key   = item.id
`

// A ledger is a collection that can be asked for what changed since an instant.
type ledger struct {
	*world
	rows      map[string]time.Time // by id
	exclusive bool                 // lists what is newer than the instant, not what is as new
	refuses   bool                 // since with 410
	format    func(time.Time) any  // of the instants
	since     []string             // that were asked for
}

func newLedger(w *world) *ledger {
	l := &ledger{world: w, rows: map[string]time.Time{}}
	l.format = func(t time.Time) any { return t.UTC().Format(time.RFC3339) }
	w.serve("api.test", l.answer)
	return l
}

func (l *ledger) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	text := r.URL.Query().Get("since")
	l.since = append(l.since, text)
	if l.refuses && text != "" {
		nethttp.Error(rw, "too old", nethttp.StatusGone)
		return
	}
	since, _ := time.Parse(time.RFC3339, text)
	rows := []map[string]any{}
	for id := range strings.FieldsSeq("a b c d e f g") {
		at, found := l.rows[id]
		if found && !at.Before(since) && (!l.exclusive || at.After(since)) {
			rows = append(rows, map[string]any{"id": id, "at": l.format(at), "gone": strings.HasPrefix(id, "g")})
		}
	}
	body, err := json.Marshal(map[string]any{"data": rows})
	if err != nil {
		l.Error(err)
	}
	answerJSON(rw, string(body))
}

// touch changes an item so long ago.
func (l *ledger) touch(id string, ago time.Duration) { l.rows[id] = time.Now().Add(-ago) }

// next polls on and checks what was listed.
func (l *ledger) next(source bridge.Source, before *bridge.Cursor, coverage bridge.Coverage, keys string) sourcetest.Polled {
	l.Helper()
	p := sourcetest.Poll(l.Context(), source, *before)
	l.check(p, coverage, keys)
	if p.Err == nil {
		*before = p.Outcome.Cursor
	}
	return p
}

func (l *ledger) asked(want ...string) {
	l.Helper()
	if got := strings.Join(l.since, " "); got != strings.Join(want, " ") {
		l.Errorf("asked since %q, want %q", got, strings.Join(want, " "))
	}
}

// P15: the watermark is the newest instant of a complete poll, less the overlap, and only then moves.
func TestOnlyWhatChangedSinceTheLastPollIsAskedFor(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+`cursor {
			field   = item.at
			param   = "since"
			overlap = "10m"
		}`), bridge.Cursor(nil)
		l.touch("a", 3*time.Hour)
		l.touch("b", 2*time.Hour)
		l.next(source, &at, bridge.Complete, "a b")
		time.Sleep(time.Hour)
		l.touch("a", 30*time.Minute)
		l.next(source, &at, bridge.Changes, "a b") // b again, by the overlap
		l.next(source, &at, bridge.Changes, "a")
		l.asked("", "1999-12-31T21:50:00Z", "2000-01-01T00:20:00Z")
	})
}

// P15, P2: nothing is kept of a poll that fails on its second page, though its first had the newest instant.
func TestAPollThatFailsLeavesTheWatermark(t *testing.T) {
	in(t, func(w *world) {
		fail := false
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			switch {
			case r.URL.Query().Get("at") == "":
				answerJSON(rw, `{"next":"?at=2","data":[{"id":1,"at":"1999-12-30T00:00:00Z"}]}`)
			case fail:
				nethttp.Error(rw, "no", nethttp.StatusBadRequest)
			default:
				answerJSON(rw, `{"data":[{"id":2,"at":"1999-12-29T00:00:00Z"}]}`)
			}
		})
		source := w.build(changing + "page \"next\" {\n url = body.next\n}\ncursor {\n field = item.at\n param = \"since\"\n}")
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(first, bridge.Complete, "1 2")
		fail = true
		if p := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor); p.Err == nil || p.Outcome.Cursor != nil {
			w.Errorf("a failed poll has %+v", p.Outcome)
		}
		if !strings.Contains(string(first.Outcome.Cursor), "1999-12-30") {
			w.Errorf("cursor %s, want the newest instant whatever the order", first.Outcome.Cursor)
		}
	})
}

// P15: what bears the same instant as the newest item, but comes later, is found by a server that lists only
// what is newer.
func TestEqualInstantsAreNotLost(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		l.exclusive = true
		source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n}"), bridge.Cursor(nil)
		l.touch("a", time.Minute)
		l.next(source, &at, bridge.Complete, "a")
		l.rows["b"] = l.rows["a"]
		l.next(source, &at, bridge.Changes, "a b")
	})
}

// P15: lag. What is too young waits, and does not move the watermark; but a full listing shows it, since it
// would be taken for deleted.
func TestTheNewestMinuteIsLeftForTheNextPoll(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n lag = \"1m\"\n overlap = \"0s\"\n}"), bridge.Cursor(nil)
		l.touch("a", time.Hour)
		l.touch("b", 10*time.Second)
		l.next(source, &at, bridge.Complete, "a b")
		l.next(source, &at, bridge.Changes, "a")
		time.Sleep(time.Minute)
		l.next(source, &at, bridge.Changes, "a b")
		l.touch("c", -time.Hour) // a clock that is ahead
		l.next(source, &at, bridge.Changes, "b")
		l.asked("", "1999-12-31T23:00:00Z", "1999-12-31T23:00:00Z", "1999-12-31T23:59:50Z")
	})
}

// P15: an instant of the far future does not end all polling.
func TestAnInstantOfTheFutureDoesNotMoveTheWatermark(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n overlap = \"0s\"\n}"), bridge.Cursor(nil)
		l.touch("a", time.Hour)
		l.touch("b", -24*365*time.Hour)
		l.next(source, &at, bridge.Complete, "a b")
		l.next(source, &at, bridge.Changes, "a b")
		l.asked("", "1999-12-31T23:00:00Z")
	})
}

// P15: instants compare as instants, whatever their zone or format.
func TestInstantsCompareWhateverTheirZoneAndFormat(t *testing.T) {
	east := time.FixedZone("", 5*3600+1800)
	for name, c := range map[string]struct {
		format func(time.Time) any
		config string
		sent   string
	}{
		"zones": {func(at time.Time) any {
			if at.Minute()%2 == 0 {
				return at.In(east).Format(time.RFC3339Nano)
			}
			return at.UTC().Format(time.RFC3339Nano)
		}, "", "1999-12-31T23:58:00Z"},
		"unix":      {func(at time.Time) any { return at.Unix() }, "format = \"unix\"\nsend = \"rfc3339\"", "1999-12-31T23:58:00Z"},
		"fractions": {func(at time.Time) any { return fmt.Sprintf("%d.750", at.Unix()) }, `format = "unix"`, "946684680"},
		"unix_ms":   {func(at time.Time) any { return at.UnixMilli() + 1 }, `format = "unix_ms"`, "946684680001"},
		"layout": {
			func(at time.Time) any { return at.In(east).Format("02.01.2006 15:04:05 -07:00") },
			"format = \"02.01.2006 15:04:05 -07:00\"\nsend = \"unix\"", "946684680",
		},
		"zone": {
			func(at time.Time) any { return at.In(time.FixedZone("", -5*3600)).Format("2006-01-02 15:04:05") },
			"format = \"2006-01-02 15:04:05\"\nzone = \"America/New_York\"", "1999-12-31 18:58:00",
		},
		"day": {func(at time.Time) any { return at.UTC().Format(time.RFC3339) }, `send = "2006-01-02"`, "1999-12-31"},
	} {
		in(t, func(w *world) {
			l := newLedger(w)
			l.format = c.format
			for i, id := range strings.Fields("a b c d") {
				l.touch(id, []time.Duration{5, 2, 3, 4}[i]*time.Minute)
			}
			source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n overlap = \"0s\"\n"+c.config+"\n}"), bridge.Cursor(nil)
			l.next(source, &at, bridge.Complete, "a b c d")
			_ = sourcetest.Poll(w.Context(), source, at)
			if last := l.since[len(l.since)-1]; last != c.sent {
				w.Errorf("%s: asked since %q, want %q", name, last, c.sent)
			}
		})
	}
}

// P15, S2: the hour that a clock repeats is read as the earlier one and asked from before it.
func TestTheHourThatAClockRepeatsIsNotMissed(t *testing.T) {
	in(t, func(w *world) {
		time.Sleep(time.Until(time.Date(2000, 12, 1, 0, 0, 0, 0, time.UTC)))
		var sent []string
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			sent = append(sent, r.URL.Query().Get("since"))
			answerJSON(rw, `{"data":[{"id":1,"at":"2000-10-29 02:30:00"}]}`) // at 00:30 or at 01:30 UTC
		})
		source := w.build(changing + `cursor {
			field   = item.at
			param   = "since"
			overlap = "0s"
			format  = "2006-01-02 15:04:05"
			zone    = "Europe/Paris"
		}`)
		p := sourcetest.Poll(w.Context(), source, nil)
		if !strings.Contains(string(p.Outcome.Cursor), "2000-10-29T00:30:00Z") {
			w.Errorf("cursor %s", p.Outcome.Cursor)
		}
		_ = sourcetest.Poll(w.Context(), source, p.Outcome.Cursor)
		if sent[1] != "2000-10-29 01:30:00" {
			w.Errorf("asked since %q", sent[1])
		}
	})
}

func TestTheFirstPollBeginsWhereStartSays(t *testing.T) {
	for start, want := range map[string]string{
		"-24h": "1999-12-31T00:00:00Z", "1999-12-31T02:00:00+02:00": "1999-12-31T00:00:00Z",
	} {
		in(t, func(w *world) {
			l := newLedger(w)
			source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n overlap = \"2h\"\n start = \""+start+"\"\n}"), bridge.Cursor(nil)
			l.next(source, &at, bridge.Changes, "")
			time.Sleep(time.Hour)
			l.touch("a", 24*time.Hour)
			l.next(source, &at, bridge.Changes, "a")
			time.Sleep(time.Hour)
			l.next(source, &at, bridge.Unchanged, "") // not from before the start, in spite of the overlap
			l.asked(want, want, want)
		})
	}
}
