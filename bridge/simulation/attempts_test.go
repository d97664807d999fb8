package simulation

import (
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge/deliver"
)

// A queue is what one sink should have done, while the oracle goes through what its receiver saw.
type queue struct {
	*oracle
	sink     string
	arrivals []*arrival
	byID     map[string][]*arrival
}

func (o *oracle) judgeSink(name string, arrivals []*arrival) {
	q := &queue{oracle: o, sink: name, arrivals: arrivals, byID: map[string][]*arrival{}}
	for _, a := range arrivals {
		q.byID[a.id] = append(q.byID[a.id], a)
	}
	for _, id := range sortedKeys(q.byID) {
		q.judgeAttempts(q.byID[id])
	}
	q.judgeOrder()
	q.judgeStill()
	q.judgeConcurrency()
}

// took reports whether the sink was told that the receiver took the event.
func (a *arrival) took() bool { return a.answered && a.status/100 == 2 }

// uncertain reports whether nobody can say that the attempt counted: the life that made it was killed before what
// came of it can have been written, or the attempt was cut off, or there was no room to write.
func (q *queue) uncertain(a *arrival) bool {
	s := a.stint
	switch {
	case s.until.IsZero():
		return false
	case q.cramped(a.over(), s.until):
		return true
	case s.killed:
		return !a.over().Before(s.until.Add(-3 * time.Second))
	}
	return a.over().After(s.asked.Add(deliver.DefaultGrace-2*time.Millisecond)) && a.at.Before(s.until)
}

// cramped reports whether what was to be written at an instant may not have been written until another, because
// the disk was full.
func (o *oracle) cramped(from, to time.Time) bool {
	full := time.Time{}
	for _, d := range o.deeds {
		switch {
		case d.name == diskFull && full.IsZero():
			full = d.at
		case (d.name == diskRoom || d.name == "calm") && !full.IsZero():
			if from.After(full.Add(-time.Second)) && from.Before(d.at) && to.Before(d.at.Add(time.Minute)) {
				return true
			}
			full = time.Time{}
		}
	}
	return false
}

// revived reports whether an operator had an event sent again between two instants.
func (q *queue) revived(id string, from, to time.Time) bool {
	return slices.ContainsFunc(q.deeds, func(d done) bool {
		return d.subject == q.sink && d.name == retried(id) && !d.at.Before(from) && !d.at.After(to)
	})
}

// over is when the sink knew what came of the attempt, or knew nothing any more, whatever the receiver did after
// that.
func (a *arrival) over() time.Time {
	over := a.left.Add(a.stint.sink.timeout)
	for _, earlier := range []time.Time{a.done, a.stint.until} {
		if !earlier.Before(a.at) && earlier.Before(over) {
			over = earlier
		}
	}
	return over
}

// judgeAttempts goes through the attempts of one delivery: D3, D4.
func (q *queue) judgeAttempts(all []*arrival) {
	least, most := 0, 0 // attempts that count
	for n, a := range all {
		if n > 0 && q.revived(a.id, all[n-1].at, a.at) {
			least, most = 0, 0
		} else if n > 0 {
			q.judgeNext(all[n-1], a, least, most)
		}
		if most++; !q.uncertain(a) {
			least++
		}
	}
	last := all[len(all)-1]
	if limit := q.longest(all) + 1 + refusals(all); least > limit {
		q.blame("attempts", q.sink, last.event.Data.Key, last.at, "%s was attempted %d times, and %d is the most", last.id, least, limit)
	}
}

// refusals counts the attempts that ended with the sink being disabled. They bury nothing.
func refusals(all []*arrival) (count int) {
	for _, a := range all {
		if a.answered && a.status == 410 {
			count++
		}
	}
	return count
}

// longest is the length of the longest schedule in force.
func (q *queue) longest(all []*arrival) (longest int) {
	for _, a := range all {
		longest = max(longest, len(a.stint.sink.schedule))
	}
	return longest
}

// judgeNext checks that an attempt had to be made again, and not so soon.
func (q *queue) judgeNext(was, now *arrival, least, most int) {
	if q.uncertain(was) {
		return
	}
	if was.took() {
		q.blame("duplicate", q.sink, now.event.Data.Key, now.at, "%s was taken at %s and came again", now.id, was.at)
		return
	}
	if was.status == 410 {
		return
	}
	wait := q.wait(was, least, most) - q.leapt(was.at, now.at)
	if gap := now.at.Sub(was.over()); gap < wait-10*time.Millisecond {
		q.blame("too soon", q.sink, now.event.Data.Key, now.at, "%s came again after %s, and %s is the least (attempt %d)", now.id, gap, wait, most)
	}
}

// wait is the least time after an attempt that failed.
func (q *queue) wait(was *arrival, least, most int) time.Duration {
	schedule, jitter := was.stint.sink.schedule, was.stint.sink.jitter
	wait := schedule[len(schedule)-1]
	for n := max(least, 1); n <= most && n <= len(schedule); n++ {
		wait = min(wait, schedule[n-1])
	}
	wait = time.Duration(float64(wait) * (1 - jitter))
	if was.answered && (was.status == 429 || was.status == 503) {
		wait = max(wait, min(was.wait, 24*time.Hour)-time.Second)
	}
	return wait
}

// leapt is how far the clock on the wall was set forward between two instants.
func (q *queue) leapt(from, to time.Time) (by time.Duration) {
	for _, d := range q.deeds {
		if d.jump > 0 && !d.at.Before(from) && !d.at.After(to) {
			by += d.jump
		}
	}
	return by
}
