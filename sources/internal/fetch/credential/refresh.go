package credential

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// refreshing is a refresh token that servers may replace. What is kept belongs to the one in the config: when the
// operator writes another there, that one counts. All of it is for the one whose turn it is.
type refreshing struct {
	keep       bridge.Keep
	name       string
	configured *setting.Live
	pending    kept // came from the server and is not on disk yet
}

// kept is a refresh token as it is on disk.
type kept struct {
	Configured string `json:"configured"` // hash of the one in the config that it came from
	Token      string `json:"token"`
}

var errNoKeep = errors.New("there is nowhere to keep the refresh token that a server may give in its place")

// refreshed gets an access token. A refresh token that the server gives with it is on disk when it returns.
func (a *oauth) refreshed(ctx context.Context, through *http.Client) (*oauth2.Token, error) {
	used, err := a.refresh.ready(ctx)
	if err != nil {
		return nil, err
	}
	got, err := a.refreshWith(ctx, through, used)
	if isRejection(err, "invalid_grant") { // another process, such as a plan, may have used it in the meantime
		if now, again := a.refresh.ready(ctx); again == nil && now != used {
			got, err = a.refreshWith(ctx, through, now)
		}
	}
	return got, err
}

func (a *oauth) refreshWith(ctx context.Context, through *http.Client, used kept) (*oauth2.Token, error) {
	a.hidden.hide(used.Token)
	params := maps.Clone(a.params)
	params["grant_type"] = []string{"refresh_token"}
	params["refresh_token"] = []string{used.Token}
	ctx, cancel := patient(ctx)
	defer cancel()
	got, err := a.request(ctx, through, params)
	if err != nil {
		return nil, err
	}
	if got.RefreshToken != "" && got.RefreshToken != used.Token {
		a.hidden.hide(got.RefreshToken)
		a.refresh.pending = kept{used.Configured, got.RefreshToken}
		return got, a.refresh.save(context.WithoutCancel(ctx), a.refresh.pending)
	}
	return got, nil
}

// patience is how long an answer is waited for that a poll has no more use for: it may hold the only refresh
// token that is still good.
const patience = 5 * time.Second

// patient returns a context that ends a moment after the given one.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		end := time.AfterFunc(patience, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(later, func() { end.Stop() })
	})
	return later, func() {
		stop()
		cancel(context.Canceled)
	}
}

// ready returns the refresh token to use. It has been written to disk at this moment, so that no server is asked
// for a new one that could not be kept.
func (r *refreshing) ready(ctx context.Context) (kept, error) {
	if r.keep == nil {
		return kept{}, errNoKeep
	}
	current, err := r.current(ctx)
	if err != nil {
		return kept{}, err
	}
	return current, r.save(ctx, current)
}

func (r *refreshing) current(ctx context.Context) (kept, error) {
	text := r.configured.Reveal()
	configured := kept{hash(text), text}
	if r.pending.Configured == configured.Configured {
		return r.pending, nil
	}
	record, err := r.keep.Load(ctx, r.name)
	if err != nil {
		return kept{}, fmt.Errorf("load refresh token: %w", err)
	}
	if k := readKept(record); k.Configured == configured.Configured {
		return k, nil
	}
	return configured, nil
}

// readKept returns the zero value where nothing is kept, or nothing that can be read.
func readKept(record []byte) kept {
	var k kept
	if json.Unmarshal(record, &k) != nil || k.Token == "" {
		return kept{}
	}
	return k
}

func (r *refreshing) save(ctx context.Context, k kept) error {
	record, err := json.Marshal(k)
	if err == nil {
		err = r.keep.Save(ctx, r.name, record)
	}
	if err != nil {
		return fmt.Errorf("keep refresh token: %w", err)
	}
	r.pending = kept{}
	return nil
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
