// Package admin is the operator's API of a running daemon: JSON over HTTP on a unix socket or a TCP address,
// with a [Client] for programs in Go and an OpenAPI document for all others.
//
// Paths bear a version, which changes only when an answer loses or changes something that clients may rely
// on. A failed request is answered with a fitting status and {"error":{"message":…}}. No answer but a
// backup holds a secret, and every request is bounded.
//
// The API trusts whoever can reach it, unless there is a token: a socket is open to its owner alone, and web
// pages are kept off a loopback address by looking at the Origin and Host of each request.
package admin

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bridge is what the API operates. All methods are called by several goroutines at a time. Their context ends
// when the client has gone or the server stops, and they return soon after. Errors that wrap
// [store.ErrNotFound], [poll.ErrUnknown], [poll.ErrStopped], [ErrConflict] and [ErrInvalid] are answered with a
// status of their own; the text of every error is shown to the operator.
type Bridge interface {
	// Sources returns where each source stands, by name.
	Sources(ctx context.Context) ([]poll.Status, error)

	// Poll polls at once, and calls trace, unless it is nil, for each request that it makes, from one goroutine;
	// that may go on after it has returned an error. A poll that failed is no error: its report says so.
	Poll(ctx context.Context, source string, trace func(bridge.Exchange)) (poll.Report, error)

	Pause(ctx context.Context, source string) error
	Resume(ctx context.Context, source string) error
	Release(ctx context.Context, source string) error
	Rebaseline(ctx context.Context, source string) error
	Reset(ctx context.Context, source string) error

	// Plan says what a poll would do, and calls trace for each request that it makes, from one goroutine.
	// When the poll fails, the plan's report still names the source.
	Plan(ctx context.Context, source string, trace func(bridge.Exchange)) (poll.Plan, error)

	// Record records a poll that changes nothing. A poll that failed is recorded as far as it came.
	Record(ctx context.Context, source string, want RecordRequest) (Recorded, error)

	// Sinks returns the sinks that are configured, by name and without their queues, which come from the
	// history.
	Sinks(ctx context.Context) ([]Sink, error)

	// PauseSink and ResumeSink stop delivering to a sink and go on with it. Their error wraps
	// [store.ErrNotFound] where there is none of the name.
	PauseSink(ctx context.Context, sink string) error
	ResumeSink(ctx context.Context, sink string) error

	// Replay makes events due at a sink again, in the order of the ids, and returns how many it queued.
	Replay(ctx context.Context, ids []string, sink string) (int, error)

	// History returns what is recorded of events.
	History() store.History

	// Backup writes a backup of the state, in the form of package backup. What it has written when it fails is
	// none.
	Backup(ctx context.Context, to io.Writer) error

	// Reload takes in the configuration as it stands in its files. The text of its error is the rendered
	// diagnostics.
	Reload(ctx context.Context) error

	// Ready returns why no work is done yet, or any more; Alive, why the process had better be restarted.
	Ready() error
	Alive(ctx context.Context) error

	Version() string
	Metrics() http.Handler
}

// New returns the API over a bridge. A token that is not empty must come with each request but those for
// /healthz and /readyz, as "Authorization: Bearer …". What an operator changes is logged.
func New(b Bridge, token setting.Secret, log *slog.Logger, options ...Option) http.Handler {
	a := &api{bridge: b, open: token.IsZero(), log: log, started: time.Now()}
	a.token = sha256.Sum256([]byte(token.Reveal()))
	for _, option := range options {
		option(a)
	}
	routes := a.routes()
	if a.profiles {
		routes = append(routes, profileRoutes()...)
	}
	return a.admit(serveMux(routes))
}

type api struct {
	bridge  Bridge
	open    bool // there is no token
	token   [sha256.Size]byte
	log     *slog.Logger
	started time.Time
	backing atomic.Bool // a backup is under way

	profiles bool
}
