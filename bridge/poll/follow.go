package poll

import "math/rand/v2"

// followedAtOnce is about how many stored copies one poll brings up to date of items that changed in nothing that
// counts. Fewer items than that are all kept up to date. Where every item of a large collection bears a field that
// is new with each poll, writing all of it each time would cost many times what reading it does, for copies of
// which hardly one is ever looked at: there each poll takes its share, so that a copy lags behind by some polls.
const followedAtOnce = 1000

// followedRun is how many items that lie side by side in the store go into the same share: writing them is cheaper.
const followedRun = 250

// follows reports whether the copy of the item in a slot is among those that this poll brings up to date. Which these
// are is drawn anew by each poll.
func (r *run) follows(slot uint64) bool {
	shares := uint64(len(r.index.known)/followedAtOnce + 1)
	if r.share == nil {
		share := rand.Uint64N(shares)
		r.share = &share
	}
	return slot/followedRun%shares == *r.share
}
