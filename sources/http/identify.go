package http

import (
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
)

// identify reads the key of an item and whether it is a tombstone, and reports whether it is to be yielded.
func (l *listing) identify(found *bridge.Item) (bool, error) {
	key, err := l.key.Within(found.Body, l.scope())
	if err != nil {
		return false, err
	}
	found.Key = key
	if l.tide == nil {
		return true, nil
	}
	scope := l.around(found.Body)
	if l.cursor.gone != nil {
		if found.Deleted, err = l.cursor.gone.Bool(scope); err != nil {
			return false, fmt.Errorf("evaluate deleted: %w", err)
		}
	}
	return l.tide.admits(found.Body, scope)
}

// around is the scope of expressions about an item.
func (l *listing) around(item []byte) expr.Scope {
	return expr.Scope{Read: func(ref expr.Ref) []byte { return ref.Path.Find(item) }}
}
