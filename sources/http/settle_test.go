package http_test

import (
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"time"
)

// waiting is a source of a ledger whose changes, or absences, wait.
func waiting(rule, cursor string) string {
	return "source \"http\" \"items\" {\n every = \"1h\"\n sinks = [sink.app]\n" + changing + rule +
		"\ncursor {\n field = item.at\n param = \"since\"\n" + cursor + "\n}\nreconcile {\n every = \"20m\"\n}\n}"
}

const settles, confirms = "compare {\n settle = 2\n}", "guard {\n confirm_polls = 2\n}"

// P15, P18: a change that only one poll would list is listed again, and nothing else is.
func TestAChangeSettlesInPollsOfWhatChanged(t *testing.T) {
	bridgeOver(t, waiting(settles, `overlap = "0s"`), func(b *bridged) {
		l := newLedger(b.world)
		l.touch("a", time.Hour)
		l.touch("b", time.Hour)
		b.sends("items")
		time.Sleep(time.Minute)
		l.touch("a", 0)
		b.sends("items")
		time.Sleep(time.Minute)
		l.touch("b", 0) // so that something waits in each poll
		b.sends("items", "updated a")
		time.Sleep(time.Minute)
		l.touch("a", 0)
		b.sends("items", "updated b")
		b.sends("items", "updated a")
		b.sends("items")
		l.asked("", "1999-12-31T23:00:00Z", "1999-12-31T23:00:00Z", "2000-01-01T00:01:00Z", "2000-01-01T00:02:00Z", "2000-01-01T00:03:00Z")
	})
}

// P16, P18: what the listing of changes shows no more is neither told nor forgotten without a look at everything.
func TestAChangeThatIsTakenBackWhileItWaitsIsNotTold(t *testing.T) {
	bridgeOver(t, waiting(settles, `overlap = "0s"`), func(b *bridged) {
		l := newLedger(b.world)
		l.touch("a", time.Hour)
		l.touch("b", 2*time.Hour)
		b.sends("items")
		before := l.rows["b"]
		l.touch("b", 0)
		b.sends("items")
		l.rows["b"] = before // and its instant with it
		b.sends("items")
		b.sends("items")
		l.touch("b", 0)
		b.sends("items")
		delete(l.rows, "b") // without a word
		b.sends("items")
		b.sends("items", "deleted b")
		b.sends("items")
		if got := strings.Count(" "+strings.Join(l.since, " .")+" ", " ."+" "); got != 2 {
			b.Errorf("asked for everything %d times more: %q", got, l.since)
		}
	})
}

// P4, P6: an item that polls of changes do not list is there, however many they are; one that a sweep misses is
// looked for by another at once, and may be back by then.
func TestTheAbsenceFromASweepIsConfirmedByAnother(t *testing.T) {
	bridgeOver(t, waiting(confirms, `overlap = "0s"`), func(b *bridged) {
		l := newLedger(b.world)
		l.touch("a", time.Hour)
		l.touch("b", time.Hour)
		b.sends("items")
		delete(l.rows, "a")
		l.touch("b", 0)
		b.sends("items", "updated b")
		b.sends("items")
		b.sends("items")
		time.Sleep(20 * time.Minute)
		b.sends("items")
		l.touch("a", time.Hour)
		b.sends("items", "updated a") // its instant is another one
		time.Sleep(20 * time.Minute)
		delete(l.rows, "a")
		b.sends("items")
		b.sends("items", "deleted a")
		b.sends("items")
	})
}

// P4, P16: where the collection begins does not move with what waits, so that no sweep takes what is older for gone.
func TestWhatWaitsDoesNotMoveTheStart(t *testing.T) {
	for name, rule := range map[string]string{"settle": settles, "confirm": confirms} {
		t.Run(name, func(t *testing.T) {
			bridgeOver(t, waiting(rule, `start = "-24h"`), func(b *bridged) {
				l := newLedger(b.world)
				l.touch("a", 23*time.Hour)
				l.touch("b", time.Hour)
				l.touch("c", time.Hour)
				l.touch("d", 48*time.Hour) // is none of it
				b.sends("items")
				time.Sleep(2 * time.Hour)
				l.touch("b", 0)
				delete(l.rows, "c")
				for range 4 {
					_ = b.polls("items")
					time.Sleep(21 * time.Minute)
				}
				if got := fmt.Sprint(changesOf(b)); got != "[deleted c updated b]" && got != "[updated b deleted c]" {
					b.Errorf("sent %s", got)
				}
			})
		})
	}
}

func changesOf(b *bridged) (all []string) {
	for _, e := range b.news() {
		all = append(all, e.Change.String()+" "+e.Key)
	}
	return all
}

// P4, P10: nor with a new baseline.
func TestANewBaselineDoesNotMoveTheStart(t *testing.T) {
	bridgeOver(t, waiting("", `start = "-24h"`), func(b *bridged) {
		l := newLedger(b.world)
		l.touch("a", 23*time.Hour)
		b.sends("items")
		time.Sleep(2 * time.Hour)
		l.touch("b", 0)
		if err := b.loop.Rebaseline(b.Context(), "items"); err != nil {
			b.Fatal(err)
		}
		b.sends("items")
		time.Sleep(21 * time.Minute)
		b.sends("items")
		l.touch("a", 0)
		b.sends("items", "updated a")
	})
}

// P18, H2: a 304 says that the list of changes is as it was, whatever waits.
func TestAChangeSettlesThroughAnswersThatNothingChanged(t *testing.T) {
	bridgeOver(t, waiting(settles, ""), func(b *bridged) {
		l := newLedger(b.world)
		b.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			tag := fmt.Sprintf("%q", fmt.Sprint(l.rows, r.URL.RawQuery))
			rw.Header().Set("ETag", tag)
			if r.Header.Get("If-None-Match") == tag {
				rw.WriteHeader(nethttp.StatusNotModified)
				return
			}
			l.answer(rw, r)
		})
		l.touch("a", time.Hour)
		b.sends("items")
		b.sends("items")
		b.sends("items")
		l.touch("a", 0)
		b.sends("items")
		b.sends("items", "updated a")
		b.sends("items")
	})
}

// P16, P18: by sync tokens as well, of which the last but one is asked with again.
func TestAChangeSettlesByTheTokenBefore(t *testing.T) {
	source := "source \"http\" \"items\" {\n every = \"1h\"\n sinks = [sink.app]\n" + changing + settles + `
		cursor {
			token   = body.next
			param   = "token"
			deleted = item.gone
		}
	}`
	bridgeOver(t, source, func(b *bridged) {
		answers := map[string]string{
			"":   `{"data":[{"id":"a","n":1},{"id":"b"}],"next":"t1"}`,
			"t1": `{"data":[{"id":"a","n":2}],"next":"t2"}`,
			"t2": `{"data":[],"next":"t2"}`,
		}
		b.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if body, known := answers[r.URL.Query().Get("token")]; known {
				answerJSON(rw, body)
				return
			}
			rw.WriteHeader(nethttp.StatusGone)
		})
		b.sends("items")
		b.sends("items")
		b.sends("items", "updated a")
		b.sends("items")
		answers["t2"] = `{"data":[{"id":"b","n":1}],"next":"t3"}`
		b.sends("items")
		delete(answers, "t2") // too old by now: everything is listed
		answers[""] = `{"data":[{"id":"a","n":2},{"id":"b","n":1}],"next":"t4"}`
		b.sends("items", "updated b")
		answers["t4"] = `{"data":[{"id":"b","gone":true}],"next":"t5"}`
		b.sends("items", "deleted b")
	})
}
