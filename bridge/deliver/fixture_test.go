package deliver_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// sinkFunc is a sink of one function, which notes the instants and ids of the attempts.
type sinkFunc struct {
	mu   sync.Mutex
	do   func(ctx context.Context, e bridge.Event) (bridge.Receipt, error)
	made []made
	now  int
	peak int
}

type made struct {
	id string
	at time.Time
}

func (s *sinkFunc) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	s.mu.Lock()
	s.made = append(s.made, made{e.ID, time.Now()})
	s.now++
	s.peak = max(s.peak, s.now)
	do := s.do
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	return do(ctx, e)
}

func (s *sinkFunc) attempts() []made {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]made(nil), s.made...)
}

func (s *sinkFunc) ids() []string {
	var ids []string
	for _, m := range s.attempts() {
		ids = append(ids, m.id)
	}
	return ids
}

func accepting() *sinkFunc {
	return &sinkFunc{do: func(context.Context, bridge.Event) (bridge.Receipt, error) { return bridge.Receipt{}, nil }}
}

func refusing(err error) *sinkFunc {
	return &sinkFunc{do: func(context.Context, bridge.Event) (bridge.Receipt, error) { return bridge.Receipt{}, err }}
}

// answering answers each attempt with a status.
func answering(status int) *sinkFunc {
	return &sinkFunc{do: func(context.Context, bridge.Event) (bridge.Receipt, error) { return answer(status) }}
}

func answer(status int) (bridge.Receipt, error) {
	err := fmt.Errorf("status %d", status)
	switch {
	case status < 300:
		err = nil
	case status == 410:
		err = bridge.Gone(err)
	}
	return bridge.Receipt{Status: status}, err
}

// becomes makes the sink answer otherwise from now on.
func (s *sinkFunc) becomes(other *sinkFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do = other.do
}

func hanging() *sinkFunc {
	return &sinkFunc{do: func(ctx context.Context, _ bridge.Event) (bridge.Receipt, error) {
		<-ctx.Done()
		return bridge.Receipt{}, ctx.Err()
	}}
}

func settings(sink bridge.Sink) deliver.Settings {
	return deliver.Settings{
		Name: "crm", Sink: sink, Timeout: deliver.DefaultTimeout, Concurrency: deliver.DefaultConcurrency,
		Schedule: deliver.DefaultSchedule(),
	}
}

// running is a loop that a test started.
type running struct {
	loop *deliver.Loop
	stop func() error
	log  *logs
	seen *observer
}

func run(t *testing.T, outbox store.Outbox, s deliver.Settings) *running {
	t.Helper()
	return runWith(t, s, deliver.Options{Store: outbox})
}

func runWith(t *testing.T, s deliver.Settings, options deliver.Options) *running {
	t.Helper()
	r := &running{log: &logs{}, seen: &observer{}}
	options.Metrics, options.Log = r.seen, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	r.loop = deliver.New(s, options)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.loop.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Logf("run: %v", err)
		}
	})
	return r
}

// logs keeps what was logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines counts the lines that hold the text.
func (l *logs) lines(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			count++
		}
	}
	return count
}

// observer counts outcomes.
type observer struct {
	mu     sync.Mutex
	count  map[string]int
	status deliver.Status
}

func (o *observer) Stands(_ string, status deliver.Status) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status = status
}

// stood is where the sink stood when that changed last.
func (o *observer) stood() deliver.Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.status
}

func (o *observer) Attempt(sink, outcome string, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.count == nil {
		o.count = map[string]int{}
	}
	o.count[sink+" "+outcome]++
}

func (o *observer) of(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[name]
}

// event is the revision of an item, with an id that tells both.
func event(key string, revision int) bridge.Event {
	return bridge.Event{
		ID: fmt.Sprintf("evt_%s_%d", key, revision), Type: "tickets.updated", Time: time.Now(), Source: "tickets",
		Key: key, Change: bridge.Updated, Revision: uint64(revision),
		Before: []byte(`{"state":"open"}`), After: []byte(`{"state":"closed"}`), Changed: []string{"/state"},
	}
}

// ordered is the order of a key.
func ordered(key string) store.Hash {
	var h store.Hash
	copy(h[:], key+"-----------------")
	return h
}
