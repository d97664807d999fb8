package deliver_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

// open opens real state, inside the bubble that uses it.
func open(t *testing.T, path string) *badger.Store {
	t.Helper()
	state, err := badger.Open(t.Context(), badger.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func enqueue(t *testing.T, state store.Store, order store.Order, events ...bridge.Event) {
	t.Helper()
	var all []store.Append
	for _, e := range events {
		to := store.Target{Sink: "crm", Order: order.Hash(state.Seed(), e.Source, e.Key)}
		all = append(all, store.Append{Event: e, To: []store.Target{to}})
	}
	if err := state.Commit(t.Context(), store.Commit{Source: "tickets", Append: all}); err != nil {
		t.Fatal(err)
	}
}

func recorded(t *testing.T, state store.Store, id string) store.Delivery {
	t.Helper()
	record, err := state.Event(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return record.Deliveries[0]
}

// throughSchedule delivers for a second at each instant of the schedule, and keeps the state closed between:
// that shows that the due times are in it, and spares the test the store's housekeeping of three days.
func throughSchedule(t *testing.T, path string, s deliver.Settings) {
	t.Helper()
	for _, wait := range append(deliver.DefaultSchedule(), time.Minute) {
		state := open(t, path)
		r := run(t, state, s)
		time.Sleep(time.Second)
		if err := errors.Join(r.stop(), state.Close()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait - time.Second)
	}
}

// D3: the next attempt's time is durable.
func TestTheScheduleGoesOnWhereItWasAfterEachRestart(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sink := refusing(errors.New("status 502"))
		began := time.Now()
		state := open(t, path)
		enqueue(t, state, store.OrderKey, event("a", 1))
		if err := state.Close(); err != nil {
			t.Fatal(err)
		}
		throughSchedule(t, path, settings(sink))
		state = open(t, path)
		defer state.Close()
		want, offset := []time.Duration{0}, time.Duration(0)
		for _, wait := range deliver.DefaultSchedule() {
			offset += wait
			want = append(want, offset)
		}
		var got []time.Duration
		for _, m := range sink.attempts() {
			got = append(got, m.at.Sub(began))
		}
		if !slices.Equal(got, want) {
			t.Errorf("attempts after %v, not %v", got, want)
		}
		if d := recorded(t, state, "evt_a_1"); d.State != store.Buried || d.Reason != "10 attempts failed, the last: status 502" {
			t.Errorf("%s: %q", d.State, d.Reason)
		}
	})
}

// D2 and D11: the attempt of the 76th hour is signed anew, verifies, and carries the same id and bytes.
func TestADeliveryOfThe76thHourStillVerifies(t *testing.T) {
	path := t.TempDir()
	library, err := standardwebhooks.NewWebhook(sinktest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var got []post
		network := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, post{time.Now(), r.Header.Clone(), body, library.Verify(body, r.Header)})
			if len(got) < 10 {
				http.Error(w, "not yet", http.StatusBadGateway)
			}
		})
		state := open(t, path)
		enqueue(t, state, store.OrderKey, event("a", 1))
		if err := state.Close(); err != nil {
			t.Fatal(err)
		}
		throughSchedule(t, path, settings(newWebhook(t, network)))
		checkPosts(t, got)
		state = open(t, path)
		defer state.Close()
		d := recorded(t, state, "evt_a_1")
		if d.State != store.Done || len(d.Log) != 10 || d.Log[9].Status != 200 {
			t.Fatalf("%s after %d attempts: %+v", d.State, len(d.Log), d.Log)
		}
		if first := d.Log[0]; first.Status != 502 || first.Class != "status" || first.Excerpt != "not yet\n" {
			t.Errorf("first attempt is recorded as %+v", first)
		}
	})
}

type post struct {
	at     time.Time
	header http.Header
	body   []byte
	wrong  error // what the receiver's library says of it, by its clock
}

func checkPosts(t *testing.T, got []post) {
	t.Helper()
	if len(got) != 10 {
		t.Fatalf("%d attempts", len(got))
	}
	if hours := got[9].at.Sub(got[0].at).Hours(); hours < 75.5 || hours > 76 {
		t.Errorf("the last attempt came after %v hours", hours)
	}
	for i, p := range got {
		if string(p.body) != string(got[0].body) || p.header.Get("Webhook-Id") != "evt_a_1" {
			t.Errorf("attempt %d carries %s %s", i, p.header.Get("Webhook-Id"), p.body)
		}
		if stamp := p.header.Get("Webhook-Timestamp"); stamp != fmt.Sprint(p.at.Unix()) {
			t.Errorf("attempt %d at %d is signed for %s", i, p.at.Unix(), stamp)
		}
		if p.wrong != nil {
			t.Errorf("attempt %d: %v", i, p.wrong)
		}
	}
}

// D10, D11: a receiver that drips is cut off at the timeout, and its status is what counts.
func TestAReceiverThatDripsHoldsAnAttemptNoLongerThanItsTimeout(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		network := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusInternalServerError)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "drip ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		})
		state := open(t, path)
		defer state.Close()
		enqueue(t, state, store.OrderKey, event("a", 1))
		r := run(t, state, settings(newWebhook(t, network)))
		time.Sleep(16 * time.Second)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		d := recorded(t, state, "evt_a_1")
		if len(d.Log) != 1 || d.Log[0].Duration != 15*time.Second || d.Log[0].Error != "status 500" {
			t.Errorf("recorded as %+v", d.Log)
		}
	})
}

// D7, with the real outbox.
func TestTheRealOutboxKeepsTheOrderOfEachKey(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		state := open(t, path)
		defer state.Close()
		for revision := 1; revision <= 10; revision++ {
			for key := range 20 {
				enqueue(t, state, store.OrderKey, event(fmt.Sprintf("k%d", key), revision))
			}
		}
		sink := accepting()
		r := run(t, state, settings(sink))
		time.Sleep(time.Minute)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		reached := map[string]int{}
		for _, m := range sink.attempts() {
			record, err := state.Event(t.Context(), m.id)
			if err != nil {
				t.Fatal(err)
			}
			key, revision, settled := record.Event.Key, int(record.Event.Revision), record.Deliveries[0].State
			if revision != reached[key]+1 || settled != store.Done {
				t.Errorf("%s: revision %d after %d, %s", key, revision, reached[key], settled)
			}
			reached[key] = revision
		}
		if len(sink.attempts()) != 200 {
			t.Errorf("%d attempts for 200 deliveries", len(sink.attempts()))
		}
	})
}

// D17, with the real outbox: what was cut off is claimed again at once by the next loop.
func TestTheRealOutboxForgetsAnAttemptThatWasCutOff(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		state := open(t, path)
		defer state.Close()
		enqueue(t, state, store.OrderStrict, event("a", 1), event("a", 2))
		s := settings(hanging())
		s.Timeout = time.Hour
		r := run(t, state, s)
		synctest.Wait()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if d := recorded(t, state, "evt_a_1"); d.State != store.Pending || d.Attempts != 0 || len(d.Log) != 0 {
			t.Errorf("%s after %d attempts: %+v", d.State, d.Attempts, d.Log)
		}
		sink := accepting()
		r = run(t, state, settings(sink))
		time.Sleep(time.Second)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if got := sink.ids(); !slices.Equal(got, []string{"evt_a_1", "evt_a_2"}) {
			t.Errorf("attempts were %v", got)
		}
	})
}

func newWebhook(t *testing.T, n *network) bridge.Sink {
	t.Helper()
	config := fmt.Sprintf("url = \"http://crm.test/hooks\"\nsecret = hidden(%q)", sinktest.Secret)
	sink, diags := sinktest.Build(t, webhook.Kind(), config, bridge.Env{Name: "crm", Dial: n.dial})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	t.Cleanup(func() { _ = sink.(io.Closer).Close() })
	return sink
}
