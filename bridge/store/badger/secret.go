package badger

import (
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

func secretKey(name string) []byte { return append([]byte{kindSecret}, name...) }

// Secret is described at [store.Secrets].
func (s *Store) Secret(ctx context.Context, name string) (value []byte, err error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	key := secretKey(name)
	err = s.look(func(v view) error {
		record, err := v.get(key)
		if err != nil || record == nil {
			return err
		}
		r, err := open(key, record)
		if err != nil {
			return err
		}
		value = cloned(r.blob())
		return r.end(key)
	})
	if err != nil {
		return nil, fmt.Errorf("read secret of %q: %w", name, err)
	}
	return value, nil
}

// KeepSecret is described at [store.Secrets].
func (s *Store) KeepSecret(ctx context.Context, name string, value []byte) error {
	if len(value) > store.MaxSecret {
		return fmt.Errorf("keep secret of %q: %d bytes, and %d are the most", name, len(value), store.MaxSecret)
	}
	err := s.space.forLittle()
	if err == nil {
		err = s.submit(ctx, func(b *batch) error {
			b.set(secretKey(name), sealSecret(name, value))
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("keep secret of %q: %w", name, err)
	}
	return nil
}

// sealSecret returns nil, which deletes the row, for a secret that is nil.
func sealSecret(name string, value []byte) []byte {
	if value == nil {
		return nil
	}
	w := newWriting(len(value) + 8)
	w.blob(value)
	return w.seal(secretKey(name))
}
