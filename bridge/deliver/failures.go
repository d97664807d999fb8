package deliver

import (
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hookbridge/hookbridge/bridge/jitter"
)

// failures paces calls to a store that fails, and logs once when they begin and once when they end.
type failures struct {
	backoff *backoff.ExponentialBackOff // nil: the last call went well
	until   time.Time                   // no call sooner
	count   int
	last    error
	random  jitter.Source
}

// Bounds of the wait between two calls.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 30 * time.Second
)

// over tells that a call may be made.
func (f *failures) over() bool { return !time.Now().Before(f.until) }

// note takes note of how a call went.
func (f *failures) note(log *slog.Logger, what string, err error) {
	if err == nil {
		if f.count > 0 {
			log.Info("store recovered", "call", what, "failures", f.count)
		}
		*f = failures{random: f.random}
		return
	}
	f.last = err
	if f.count++; f.count == 1 {
		log.Error("store fails, and will be asked again", "call", what, "error", err)
		f.backoff = backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(firstWait),
			backoff.WithRandomizationFactor(0),
			backoff.WithMaxInterval(longestWait),
			backoff.WithMaxElapsedTime(0),
		)
	}
	f.until = time.Now().Add(f.random.Around(f.backoff.NextBackOff(), backoff.DefaultRandomizationFactor))
}
