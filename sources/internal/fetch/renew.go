package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
)

// A Refresher is a credential that can be had anew. Refresh returns when the credential differs from the one
// that was in use when it was called, and is safe for concurrent use: of several calls at a time one does the
// work.
type Refresher interface {
	Refresh(ctx context.Context) error
}

// errFixed is why a credential stays as it is.
var errFixed = errors.New("it is written in the configuration as it is, and cannot be had anew")

// A renewal gets a credential anew after it was refused. Where somebody else has renewed it since, nothing is asked.
type renewal struct {
	client *Client
	page   Request
	used   credential.Stamp
}

var _ Refresher = renewal{}

// Refresh fulfils [Refresher].
func (r renewal) Refresh(ctx context.Context) error {
	auth := r.client.settings.auth
	if r.client.offline { // what was recorded went on with another one
		return nil
	}
	if auth == nil {
		return errFixed
	}
	changed, err := auth.Renew(ctx, r.client.inquire(ctx, r.page).through(), r.used)
	if err == nil && !changed {
		return errFixed
	}
	return err
}

// authorised returns attempt with a second try, once, for the API that refuses a credential: by a 401, or by what
// a rule takes for one. Only the origin that gets the credential can ask for that.
func (c *Client) authorised() func(context.Context, Request) (*Answer, error) {
	renewed := false
	return func(ctx context.Context, r Request) (*Answer, error) {
		answer, err := c.attempt(ctx, r)
		no, ok := errors.AsType[refusal](err)
		if !ok || renewed || !no.unauthorised() {
			return answer, err
		}
		switch failed := (renewal{c, r, no.stamp}).Refresh(ctx); {
		case errors.Is(failed, errFixed) && no.action != Renew:
			return nil, err
		case errors.Is(failed, errFixed):
			return nil, fmt.Errorf("%w; renew the credential: %w", err, failed)
		case failed != nil: // what comes of it is for the server of the tokens to say
			return nil, fmt.Errorf("%s; renew the credential: %w", err.Error(), failed)
		}
		renewed, r.tried = true, true
		answer, failed := c.attempt(ctx, r)
		if errors.Is(failed, bridge.ErrPlayedOut) {
			return nil, err // it could not be renewed when this was recorded
		}
		return answer, failed
	}
}

// unauthorised reports whether the origin of the config has refused the credential.
func (r refusal) unauthorised() bool {
	return r.own && (r.action == Renew || r.action == ByStatus && r.status == http.StatusUnauthorized)
}
