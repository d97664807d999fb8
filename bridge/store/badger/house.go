package badger

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"
)

const (
	collectEvery = 10 * time.Minute
	collectShare = 0.5 // of a value-log file that is garbage before it is rewritten
)

// keepHouse finishes what a kill has interrupted and collects garbage until Close.
func (s *Store) keepHouse(ctx context.Context) {
	ctx, s.stop = context.WithCancel(ctx)
	s.keeping.Go(func() {
		if err := s.resumeForgetting(ctx); err != nil && !errors.Is(err, errClosed) && ctx.Err() == nil {
			s.log.Warn("resume forgetting of sources", "error", err)
		}
		s.collectGarbage(ctx)
	})
}

func (s *Store) collectGarbage(ctx context.Context) {
	ticker := time.NewTicker(collectEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.rewrite(ctx)
		}
	}
}

// rewrite rewrites value-log files one by one, until none is worth it.
func (s *Store) rewrite(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.db.RunValueLogGC(collectShare)
		if errors.Is(err, badger.ErrNoRewrite) {
			return
		}
		if err != nil {
			s.log.Warn("collect garbage of the value log", "error", err)
			return
		}
	}
}
