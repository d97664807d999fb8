package admin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
)

// Status tells of the daemon as a whole.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, nil, "v1", "status")
}

// Sources lists the sources, by name.
func (c *Client) Sources(ctx context.Context) ([]Source, error) {
	return get[[]Source](ctx, c, nil, "v1", "sources")
}

// Source shows one source.
func (c *Client) Source(ctx context.Context, name string) (Source, error) {
	return get[Source](ctx, c, nil, "v1", "sources", name)
}

// Poll polls a source at once, and returns when that is over. A poll that failed is told in its report.
func (c *Client) Poll(ctx context.Context, source string) (Report, error) {
	return post[Report](ctx, c, nothing{}, "v1", "sources", source, "poll")
}

// PollTraced is Poll whose report tells each request that was made.
func (c *Client) PollTraced(ctx context.Context, source string) (Report, error) {
	return post[Report](ctx, c, PollRequest{Trace: true}, "v1", "sources", source, "poll")
}

// Plan returns what a poll would do now, without doing it. A poll that failed is told in the plan's report.
func (c *Client) Plan(ctx context.Context, source string) (Plan, error) {
	return post[Plan](ctx, c, nothing{}, "v1", "sources", source, "plan")
}

// Record records a poll that changes nothing. One that failed is recorded as far as it came, and told in the report.
func (c *Client) Record(ctx context.Context, source string, want RecordRequest) (recorded Recorded, err error) {
	text, err := json.Marshal(want)
	if err != nil {
		return recorded, fmt.Errorf("write request: %w", err)
	}
	response, err := c.send(ctx, http.MethodPost, target(nil, []string{"v1", "sources", source, "record"}), text)
	if err != nil {
		return recorded, err
	}
	defer func() { _ = response.Body.Close() }() // it was read as far as it is wanted
	return recordedOf(response)
}

// Pause stops polling a source until Resume, and returns it as it is then.
func (c *Client) Pause(ctx context.Context, source string) (Source, error) {
	return post[Source](ctx, c, nothing{}, "v1", "sources", source, "pause")
}

// Resume ends a pause, and returns the source as it is then.
func (c *Client) Resume(ctx context.Context, source string) (Source, error) {
	return post[Source](ctx, c, nothing{}, "v1", "sources", source, "resume")
}

// Release lets the next good poll of a held source pass its guard, and returns the source as it is then. A
// source that is not held, or whose hold takes Rebaseline, is an [ErrConflict].
func (c *Client) Release(ctx context.Context, source string) (Source, error) {
	return post[Source](ctx, c, nothing{}, "v1", "sources", source, "release")
}

// Rebaseline has the next good poll taken in as a baseline, of which nothing is sent, and returns the source as
// it is then.
func (c *Client) Rebaseline(ctx context.Context, source string) (Source, error) {
	return post[Source](ctx, c, nothing{}, "v1", "sources", source, "rebaseline")
}

// Reset forgets all that is kept of a source but its events, and returns the source as it is then.
func (c *Client) Reset(ctx context.Context, source string) (Source, error) {
	return post[Source](ctx, c, nothing{}, "v1", "sources", source, "reset")
}

// Sinks lists the sinks, by name.
func (c *Client) Sinks(ctx context.Context) ([]Sink, error) {
	return get[[]Sink](ctx, c, nil, "v1", "sinks")
}

// Sink asks for one sink.
func (c *Client) Sink(ctx context.Context, name string) (Sink, error) {
	return get[Sink](ctx, c, nil, "v1", "sinks", name)
}

// PauseSink stops delivering to a sink until it is resumed, and returns where it stands then.
func (c *Client) PauseSink(ctx context.Context, sink string) (Sink, error) {
	return post[Sink](ctx, c, nothing{}, "v1", "sinks", sink, "pause")
}

// ResumeSink goes on delivering to a sink that was paused or disabled, and returns where it stands then.
func (c *Client) ResumeSink(ctx context.Context, sink string) (Sink, error) {
	return post[Sink](ctx, c, nothing{}, "v1", "sinks", sink, "resume")
}

// Events lists recorded events, newest first.
func (c *Client) Events(ctx context.Context, f Filter) (Events, error) {
	return get[Events](ctx, c, f.values(), "v1", "events")
}

// Event shows one event with its payload, its deliveries and their attempts.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	return get[Event](ctx, c, nil, "v1", "events", id)
}

// Replay sends recorded events to a sink (again), oldest first.
func (c *Client) Replay(ctx context.Context, want Replay) (Count, error) {
	return post[Count](ctx, c, want, "v1", "events", "replay")
}

// DeadLetters lists dead letters, newest first.
func (c *Client) DeadLetters(ctx context.Context, f Filter) (DeadLetters, error) {
	return get[DeadLetters](ctx, c, f.values(), "v1", "deadletters")
}

// Retry makes dead letters pending again, oldest first.
func (c *Client) Retry(ctx context.Context, want Pick) (Count, error) {
	return post[Count](ctx, c, want, "v1", "deadletters", "retry")
}

// Drop gives dead letters up for good.
func (c *Client) Drop(ctx context.Context, want Pick) (Count, error) {
	return post[Count](ctx, c, want, "v1", "deadletters", "drop")
}

// Reload has the daemon take in its configuration anew. One with mistakes is an [ErrInvalid] whose text is
// the diagnostics.
func (c *Client) Reload(ctx context.Context) error {
	_, err := post[nothing](ctx, c, nothing{}, "v1", "reload")
	return err
}

// Alive returns nil where the daemon makes progress.
func (c *Client) Alive(ctx context.Context) error {
	_, err := get[Health](ctx, c, nil, "healthz")
	return err
}

// Ready returns nil where the daemon polls and delivers.
func (c *Client) Ready(ctx context.Context) error {
	_, err := get[Health](ctx, c, nil, "readyz")
	return err
}

// Metrics returns the daemon's metrics as Prometheus reads them.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	return c.ask(ctx, http.MethodGet, target(nil, []string{"metrics"}), nil)
}

// Document returns the OpenAPI document of the daemon's API.
func (c *Client) Document(ctx context.Context) ([]byte, error) {
	return c.ask(ctx, http.MethodGet, target(nil, []string{"v1", "openapi.json"}), nil)
}
