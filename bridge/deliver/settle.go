package deliver

import (
	"context"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxGroup bounds the outcomes that go into one commit.
const maxGroup = store.ChunkItems

// collect decides over a finished attempt. One that was cut off leaves no trace.
func (l *Loop) collect(o outcome) {
	l.flying--
	if o.cut {
		l.queue = append(l.queue, o.delivery)
		return
	}
	s := l.verdict(o)
	l.streak.note(o, s)
	if l.options.Metrics != nil {
		l.options.Metrics.Attempt(l.sink.Name, nameOf(s), o.attempt.Duration)
	}
	l.unsettled = append(l.unsettled, s)
}

// settle commits outcomes, one group at a time: what finishes while a commit runs goes together into the
// next, so that a fast receiver costs few syncs and a slow one no waiting. A commit that has begun is never cancelled.
func (l *Loop) settle(ctx context.Context) {
	if l.settling > 0 || len(l.unsettled) == 0 || !l.settles.over() {
		return
	}
	l.settling = min(len(l.unsettled), l.group)
	group := l.unsettled[:l.settling:l.settling]
	go func() { l.settled <- l.options.Store.Settle(context.WithoutCancel(ctx), group) }()
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
	l.group = min(2*l.group, maxGroup)
	l.unsettled = append([]store.Settlement(nil), rest...)
	l.look = true
}
