package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/peer"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// peers is V16: the work of V1, V5 and V10 on what people use instead. It polls by its own interval; what a poll costs
// it is what it uses from the end of one answer to that of the next.
func (b *Bench) peers(ctx context.Context) (Outcome, error) {
	ours, err := b.oursForPeers(ctx)
	if err != nil {
		return Outcome{}, err
	}
	var rows []report.Row
	for _, p := range peer.All() {
		some, err := b.peerRows(ctx, p, ours)
		if err != nil {
			return Outcome{Rows: rows}, fmt.Errorf("%s: %w", p.Name, err)
		}
		rows = append(rows, some...)
	}
	return Outcome{Rows: rows}, nil
}

// works are the rows of V1, V5 and V10.
type works struct {
	v1, v5, v5last, v10 report.Row
	wrong               []string // with any of them
}

// oursForPeers measures ours on the same work, if there is a peer to compare with.
func (b *Bench) oursForPeers(ctx context.Context) (w works, err error) {
	installed := false
	for _, p := range peer.All() {
		installed = installed || p.Installed(b.Peers)
	}
	if !installed {
		return w, nil
	}
	quick := *b
	quick.Profile = "" // these were profiled as themselves
	v1, err := quick.outside(ctx)
	if err != nil {
		return w, err
	}
	v5, err := quick.changed(ctx)
	if err != nil {
		return w, err
	}
	v10, err := quick.burst(ctx)
	if err != nil {
		return w, err
	}
	w = works{v1: v1.Rows[0], v5: v5.Rows[0], v5last: v5.Rows[1], v10: v10.Rows[0]}
	w.wrong = slices.Concat(w.v1.Wrong, w.v5.Wrong, w.v10.Wrong)
	return w, nil
}

// peerRows are the rows of one peer: ours, with the peer as the yardstick.
func (b *Bench) peerRows(ctx context.Context, p peer.Peer, ours works) ([]report.Row, error) {
	row := func(what string, unit report.Unit, from []float64, need report.Need) report.Row {
		return report.Row{Bar: "V16", What: what, Unit: unit, Ours: from, Against: p.Name, Need: need, Wrong: ours.wrong}
	}
	cpu := row("V1's work: CPU of a poll", report.Seconds, ours.v1.Ours, report.AtMost(0.1))
	memory := row("V1's work: peak anonymous memory", report.Bytes, []float64{float64(ours.v1.Memory)}, report.AtMost(0.1))
	changed := row("V5's work: CPU of a poll", report.Seconds, ours.v5.Ours, report.Need{})
	last := row("V5's work: to the last POST", report.Seconds, ours.v5last.Ours, report.Need{})
	burst := row("V10's work: deliveries", report.PerSecond, ours.v10.Ours, report.Need{})
	all := []*report.Row{&cpu, &memory, &changed, &last, &burst}
	if !p.Installed(b.Peers) {
		for _, r := range all {
			r.What, r.Ours, r.Missing = p.Name+", "+r.What, nil, "not installed"
		}
		return []report.Row{cpu, memory, changed, last, burst}, nil
	}
	if err := b.peerPolls(ctx, p, all); err != nil {
		return nil, err
	}
	err := b.peerBurst(ctx, p, &burst)
	return []report.Row{cpu, memory, changed, last, burst}, err
}

// peerPolls measures V1's and V5's work. A peer that does not live through it has no figures.
func (b *Bench) peerPolls(ctx context.Context, p peer.Peer, rows []*report.Row) error {
	r, err := b.visit(ctx, p, upstream.Spec{Items: b.size(ordinary, ordinaryShort), Outside: true}, receiver.Manner{}, b.span(15*time.Second, time.Second))
	if err != nil {
		return err
	}
	defer r.close()
	err = r.polls(ctx, b.few(), rows)
	if errors.Is(err, errEnded) {
		for _, row := range rows[:4] {
			row.Yardstick, row.Missing = nil, p.Name+" ended: "+r.last()
		}
		return nil
	}
	return err
}

// peerBurst measures V10's work.
func (b *Bench) peerBurst(ctx context.Context, p peer.Peer, row *report.Row) error {
	items := b.size(10_000, 640)
	v, err := b.visit(ctx, p, upstream.Spec{Items: items, Outside: true}, receiver.Manner{}, b.span(5*time.Second, time.Second))
	if err != nil {
		return err
	}
	defer v.close()
	if err := v.quiet(ctx); err != nil {
		return err
	}
	if err := v.rec.Behave(ctx, receiver.Manner{Delay: burstDelay}); err != nil {
		return err
	}
	for range b.few() {
		if err := v.burstOnce(ctx, items, row); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) burstOnce(ctx context.Context, items int, row *report.Row) error {
	changes := v.items.Change(collection.Mix{Updated: items})
	if err := v.rec.Forget(ctx); err != nil {
		return err
	}
	if _, err := v.rec.Arrivals(ctx); err != nil {
		return err
	}
	if err := v.up.Change(ctx, upstream.Change{Name: list, Mix: collection.Mix{Updated: items}}, changes); err != nil {
		return err
	}
	tally, err := v.await(ctx, items)
	if err != nil {
		return err
	}
	if tally.Count >= items {
		row.Yardstick = append(row.Yardstick, float64(items)/tally.Done.Sub(tally.First).Seconds())
	}
	return v.count(ctx, changes, row)
}
