package daemon

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// errNowhere is what credentials get that would be replaced while there is no state to keep the new one in.
var errNowhere = errors.New("there is no state yet to keep it in: start the daemon first")

// keep gives credentials the state to keep secrets in. The configuration, which holds the credentials, is read
// before the state is opened, since it says where that is.
type keep struct{ secrets atomic.Pointer[store.Secrets] }

func (k *keep) open(secrets store.Secrets) { k.secrets.Store(&secrets) }

// Load is described at [bridge.Keep].
func (k *keep) Load(ctx context.Context, name string) ([]byte, error) {
	secrets := k.secrets.Load()
	if secrets == nil {
		return nil, errNowhere
	}
	return (*secrets).Secret(ctx, name)
}

// Save is described at [bridge.Keep].
func (k *keep) Save(ctx context.Context, name string, value []byte) error {
	secrets := k.secrets.Load()
	if secrets == nil {
		return errNowhere
	}
	return (*secrets).KeepSecret(ctx, name, value)
}
