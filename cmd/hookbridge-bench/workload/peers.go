package workload

import "context"

func (b *Bench) peers(ctx context.Context) (Outcome, error) { return Outcome{}, nil }
