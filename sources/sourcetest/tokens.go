package sourcetest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/hookbridge/hookbridge/bridge"
)

// TokenAddress is where a server that gives out tokens stands in the tests of secrets.
const TokenAddress = "auth.test:80"

// Tokens gives out tokens that are secrets, as OAuth 2.0 has it, to whoever asks.
func Tokens() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": "given" + Secret, "refresh_token": "next" + Secret, "token_type": "Bearer", "expires_in": 3600,
		})
	})
}

// refuseGrant refuses in the form of OAuth 2.0, with all that it was told in the description.
func refuseGrant(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"error":             "invalid_grant" + Secret,
			"error_description": fmt.Sprintf("%0180d %s %s", 0, body, r.Header),
		})
	})
}

// Keep is a [bridge.Keep] in memory.
type Keep struct {
	mu   sync.Mutex
	held map[string][]byte
}

var _ bridge.Keep = (*Keep)(nil)

// NewKeep makes an empty one.
func NewKeep() *Keep { return &Keep{held: map[string][]byte{}} }

// Load fulfils [bridge.Keep].
func (k *Keep) Load(_ context.Context, name string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held[name], nil
}

// Save fulfils [bridge.Keep].
func (k *Keep) Save(_ context.Context, name string, value []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held[name] = value
	return nil
}
