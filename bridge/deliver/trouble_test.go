package deliver_test

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// D6, D7: whatever goes on at other sinks and with other keys, an event of a key that is well at a sink that is
// well arrives at once, and in its order.
func TestTroubleStaysWhereItIs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := troubled{
			sinks: rapid.IntRange(1, 4).Draw(rt, "troubled sinks"),
			stuck: rapid.IntRange(0, 3).Draw(rt, "stuck keys"),
			hours: rapid.IntRange(1, 200).Draw(rt, "hours"),
			seed:  rapid.Int64().Draw(rt, "seed"),
		}
		synctest.Test(t, func(t *testing.T) { p.check(t) })
	})
}

type troubled struct {
	sinks, stuck, hours int
	seed                int64
}

func (p troubled) check(t *testing.T) {
	random := rand.New(rand.NewSource(p.seed))
	outbox := newMemory()
	for i := range p.sinks {
		s := settings([]*sinkFunc{hanging(), answering(500), answering(410), answering(429)}[random.Intn(4)])
		s.Name = fmt.Sprint("troubled", i)
		run(t, outbox, s)
	}
	well := p.sink()
	s := settings(well)
	s.Concurrency = p.stuck + 1 // a key that hangs takes up an attempt, and no more than that
	run(t, outbox, s)
	revisions := map[string]int{}
	queued := map[string]time.Time{}
	for range p.hours {
		for range 1 + random.Intn(3) {
			key := fmt.Sprintf("k%d", random.Intn(p.stuck+4))
			revisions[key]++
			e := event(key, revisions[key])
			queued[e.ID] = time.Now()
			outbox.add(t, "crm", ordered(key), e)
			for i := range p.sinks {
				outbox.add(t, fmt.Sprint("troubled", i), ordered(key), e)
			}
			time.Sleep(time.Duration(random.Intn(1800)) * time.Second)
		}
	}
	time.Sleep(time.Hour)
	p.judge(t, outbox, well, queued)
}

// sink is well, but for the first keys, which hang or fail for ever.
func (p troubled) sink() *sinkFunc {
	sink := accepting()
	sink.do = func(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
		number := int(e.Key[1] - '0')
		switch {
		case number >= p.stuck:
			return answer(200)
		case number%2 == 0:
			<-ctx.Done()
			return bridge.Receipt{}, ctx.Err()
		}
		return answer(500)
	}
	return sink
}

func (p troubled) judge(t *testing.T, outbox *memory, well *sinkFunc, queued map[string]time.Time) {
	reached := map[string]uint64{}
	for _, m := range well.attempts() {
		e := outbox.find(t, "crm", m.id).Event
		if int(e.Key[1]-'0') < p.stuck {
			continue
		}
		if late := m.at.Sub(queued[m.id]); late > 0 {
			t.Errorf("%s arrived %s late", m.id, late)
		}
		if e.Revision != reached[e.Key]+1 {
			t.Errorf("%s: revision %d after %d", e.Key, e.Revision, reached[e.Key])
		}
		reached[e.Key] = e.Revision
	}
	for _, d := range outbox.deliveries() {
		if d.Sink == "crm" && int(d.Event.Key[1]-'0') >= p.stuck && d.State != store.Done {
			t.Errorf("%s is %s", d.Event.ID, d.State)
		}
	}
}
