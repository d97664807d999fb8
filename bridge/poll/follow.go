package poll

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// followedAtOnce is about how many stored copies one poll brings up to date of items that changed in nothing that
// counts. Fewer items than that are all kept up to date. Where every item of a large collection bears a field that
// is new with each poll, writing all of it each time would cost many times what reading it does, for copies of
// which hardly one is ever looked at: there each poll takes its share, so that a copy lags behind by some polls.
const followedAtOnce = 1000

// follows reports whether the copy of an item is among those that this poll brings up to date. Which these are is
// drawn anew by each poll.
func (r *run) follows(key store.Hash) bool {
	shares := uint64(len(r.index.entries)/followedAtOnce + 1)
	if r.share == nil {
		share := rand.Uint64N(shares)
		r.share = &share
	}
	return binary.BigEndian.Uint64(key[8:])%shares == *r.share
}
