package poll

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// careless is a source that breaks the contract.
type careless func(ctx context.Context, yield func(bridge.Item) error) (bridge.Outcome, error)

func (c careless) Poll(ctx context.Context, _ bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	return c(ctx, yield)
}

func itemOf(key, body string) bridge.Item { return bridge.Item{Key: key, Body: []byte(body)} }

// Above all, no item that a source did not come to is deleted.
func TestAPollThatBreaksTheContractFailsAndKeepsNothing(t *testing.T) {
	complete := bridge.Outcome{Coverage: bridge.Complete}
	for name, test := range map[string]struct {
		poll careless
		want string
	}{
		"goes on after an item was not taken": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			_, _ = yield(itemOf("a", `1`)), yield(itemOf("a", `2`))
			return complete, nil
		}, `"a"`},
		"goes on after its time": {func(ctx context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			_ = yield(itemOf("a", `1`))
			<-ctx.Done()
			return complete, nil
		}, "timeout of 30s"},
		"says what changed, after its time": {func(ctx context.Context, _ func(bridge.Item) error) (bridge.Outcome, error) {
			<-ctx.Done()
			return bridge.Outcome{Coverage: bridge.Changes, Cursor: bridge.Cursor("next")}, nil
		}, "timeout of 30s"},
		"is complete and goes on": {func(context.Context, func(bridge.Item) error) (bridge.Outcome, error) {
			return bridge.Outcome{Coverage: bridge.Complete, More: true}, nil
		}, `goes on that it covers "complete"`},
		"covers what is none": {func(context.Context, func(bridge.Item) error) (bridge.Outcome, error) {
			return bridge.Outcome{Coverage: 99}, nil
		}, "covers"},
		"found nothing changed, and yields": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			return bridge.Outcome{Coverage: bridge.Unchanged}, yield(itemOf("a", `2`))
		}, "yielded 1 items"},
		"panics": {func(context.Context, func(bridge.Item) error) (bridge.Outcome, error) {
			panic("password")
		}, "the source panicked with a string"},
		"panics of a mistake": {func(context.Context, func(bridge.Item) error) (bridge.Outcome, error) {
			var none map[string]int
			none["a"]++ //nolint:govet,staticcheck // on purpose
			return complete, nil
		}, "assignment to entry in nil map"},
		"yields an item without a key": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			return complete, yield(itemOf("", `1`))
		}, "has no key"},
		"yields a key that is no text": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			return complete, yield(itemOf("\xff", `1`))
		}, "not valid UTF-8"},
		"yields a key without end": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			return complete, yield(itemOf(strings.Repeat("k", maxKey+1), `1`))
		}, "takes 65537 bytes"},
		"yields an item without a body": {func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			return complete, yield(itemOf("a", ""))
		}, `item "a" has no body`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.set(`{"id":"a"}`, `{"id":"b"}`)
				w.good()
				w.Source = test.poll
				report := w.poll()
				if report.Err == nil || !strings.Contains(report.Err.Error(), test.want) || strings.Contains(report.Err.Error(), "password") {
					t.Errorf("the poll ended with %v, and not with %q", report.Err, test.want)
				}
				w.wants()
				w.Source = w.up
				w.up.set(`{"id":"b"}`)
				w.good()
				w.wants(`shop.deleted a {"id":"a"}>`)
			})
		})
	}
}

// A listing in parts may run out of time and lose the item that came then, as long as it goes on.
func TestAPartThatEndsWithItsTimeIsKept(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Emit = true
		w.Source = careless(func(ctx context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			err := yield(itemOf("a", `{"id":"a"}`))
			<-ctx.Done()
			if err == nil {
				_ = yield(bridge.Item{})
			}
			return bridge.Outcome{Cursor: bridge.Cursor("b"), More: true}, err
		})
		w.good()
		w.wants(`shop.created a >{"id":"a"}`)
	})
}

func TestALoopGoesOnAfterAPanic(t *testing.T) {
	inBubble(t, func(w *world) {
		var said bytes.Buffer
		w.prepare = func(l *Loop) { l.Log = slog.New(slog.NewTextHandler(&said, nil)) }
		polls := 0
		w.Source = careless(func(_ context.Context, yield func(bridge.Item) error) (bridge.Outcome, error) {
			if polls++; polls == 2 {
				panic(errors.New("one bad day"))
			}
			return bridge.Outcome{Coverage: bridge.Complete}, yield(itemOf("a", `{"id":"a"}`))
		})
		w.running(func(*Loop) {
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if polls < 5 {
				t.Errorf("%d polls in ten minutes", polls)
			}
		}, w.Settings)
		if text := said.String(); !strings.Contains(text, "plugin_test.go") || strings.Contains(text, "one bad day") {
			t.Errorf("the log does not say where, or says too much:\n%s", text)
		}
	})
}
