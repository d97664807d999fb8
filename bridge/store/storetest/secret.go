package storetest

import (
	"context"
	"errors"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// secretTests are the ground of statement H3: a secret that was kept is there after a kill.
func secretTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a secret outlives a restart, and the last one counts": func(f *fixture) {
			f.equal("before", f.secret("auth.a") == nil, true)
			for _, value := range []string{"first", "second\x00\xff"} {
				f.must(f.store.KeepSecret(f.Context(), "auth.a", []byte(value)))
				f.equal("kept", string(f.secret("auth.a")), value)
				f.reopen()
				f.equal("kept after a restart", string(f.secret("auth.a")), value)
			}
			f.equal("another", f.secret("auth.ab") == nil, true)
		},
		"a secret that is forgotten is gone, and no other": func(f *fixture) {
			f.must(f.store.KeepSecret(f.Context(), "a", []byte("1")))
			f.must(f.store.KeepSecret(f.Context(), "b", []byte("2")))
			f.must(f.store.KeepSecret(f.Context(), "a", nil))
			f.reopen()
			f.equal("forgotten", f.secret("a") == nil, true)
			f.equal("other", string(f.secret("b")), "2")
		},
		"a secret stays when its source is forgotten": func(f *fixture) {
			f.commit(store.Commit{Memory: &store.Memory{Items: 1}})
			f.must(f.store.KeepSecret(f.Context(), "orders", []byte("1")))
			f.must(f.store.Forget(f.Context(), "orders"))
			f.equal("kept", string(f.secret("orders")), "1")
		},
		"a secret that is too large is refused, and the one before stays": func(f *fixture) {
			f.must(f.store.KeepSecret(f.Context(), "a", []byte("1")))
			large := strings.Repeat("hush", store.MaxSecret/4+1)
			err := f.store.KeepSecret(f.Context(), "a", []byte(large))
			if err == nil || strings.Contains(err.Error(), "hush") {
				f.Fatalf("got %.100v, want an error that does not tell the secret", err)
			}
			f.equal("kept", string(f.secret("a")), "1")
		},
		"a secret is not kept once the context has ended": func(f *fixture) {
			ctx, cancel := context.WithCancel(f.Context())
			cancel()
			if err := f.store.KeepSecret(ctx, "a", []byte("1")); !errors.Is(err, context.Canceled) {
				f.Fatalf("got %v, want the context's error", err)
			}
			f.equal("kept", f.secret("a") == nil, true)
		},
	}
}

func (f *fixture) secret(name string) []byte {
	f.Helper()
	value, err := f.store.Secret(f.Context(), name)
	f.must(err)
	return value
}
