package deliver

import (
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxGroup bounds the outcomes that go into one commit.
const maxGroup = store.ChunkItems

// gatherFor is how long an outcome may wait for others to share a sync with, while there are attempts under way whose
// outcomes it may be. Later deliveries of its order wait as long.
const gatherFor = 2 * time.Millisecond

// collect decides over a finished attempt. One that was cut off or never made leaves no trace, and one whose turn
// had not come is none.
func (l *Loop) collect(o outcome) {
	l.flying--
	l.carried -= len(o.items)
	switch {
	case o.unbound:
		l.binds.note(l.log, "bind batch", o.err)
		l.queue = append(l.queue, o.items...)
		return
	case o.cut:
		l.queue = append(l.queue, o.items...)
		return
	case bridge.IsPutOff(o.err):
		l.putOff(o)
		return
	}
	if o.Size > 0 {
		l.binds.note(l.log, "bind batch", nil)
	}
	settlements := l.verdicts(o)
	l.judge(o)
	l.tell(o, settlements)
	l.streak.note(o, settlements)
	for _, s := range settlements {
		if l.options.Metrics != nil {
			l.options.Metrics.Attempt(l.sink.Name, nameOf(s), o.attempt.Duration)
		}
	}
	l.leave(settlements...)
}

// leave puts outcomes among those that the next commit takes along.
func (l *Loop) leave(settlements ...store.Settlement) {
	if len(l.unsettled) == l.settling {
		l.decided = time.Now()
	}
	l.unsettled = append(l.unsettled, settlements...)
}

// putOff makes deliveries due when their turn comes, which uses up no attempt.
func (l *Loop) putOff(o outcome) {
	due := l.clock.now().Add(min(max(bridge.Wait(o.err), shortestPause), MaxWait))
	for _, w := range o.items {
		l.leave(store.Settlement{Delivery: w.Delivery, State: store.Pending, Due: due})
	}
}

// settle commits outcomes, one group at a time: what finishes while a commit runs goes together into the
// next, so that a fast receiver costs few syncs and a slow one no waiting. A commit that has begun is never cancelled.
func (l *Loop) settle(ctx context.Context) {
	if l.settling > 0 || len(l.unsettled) == 0 || !l.settles.over() {
		return
	}
	l.settling = min(len(l.unsettled), l.group)
	group := l.unsettled[:l.settling:l.settling]
	l.update(group)
	crashpoint.Here(crashpoint.DeliverSettle)
	go func() { l.settled <- l.options.Store.Settle(context.WithoutCancel(ctx), group) }()
}

// gathers reports whether outcomes wait for others: until there are as many as attempts may be under way.
func (l *Loop) gathers(now time.Time) bool {
	return l.flying > 0 && len(l.unsettled) > l.settling && len(l.unsettled) < l.sink.Concurrency && now.Before(l.decided.Add(gatherFor))
}

// update gives a group the standing of now, where one of its outcomes changed it: groups that are committed in
// another order than they came in must not bring back what was.
func (l *Loop) update(group []store.Settlement) {
	now := l.standing
	for i := range group {
		if group[i].Standing != nil {
			group[i].Standing = &now
		}
	}
}

// settledWith takes note of how a commit went. The outcomes of one that failed stay, behind the others and
// to be tried in smaller groups, so that a single one which the store refuses cannot hold up the rest.
func (l *Loop) settledWith(err error) {
	group, rest := l.unsettled[:l.settling], l.unsettled[l.settling:]
	l.settling = 0
	l.settles.note(l.log, "settle deliveries", err)
	if err != nil {
		l.group = max(len(group)/2, 1)
		l.unsettled = append(rest[:len(rest):len(rest)], group...)
		return
	}
	crashpoint.Here(crashpoint.DeliverSettled)
	l.group = min(2*l.group, maxGroup)
	l.unsettled = append([]store.Settlement(nil), rest...)
	l.look = true
}
