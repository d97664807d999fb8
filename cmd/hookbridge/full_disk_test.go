package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

// R3: a real daemon with a loaded API on a small disk that somebody else fills to its last byte, over and over. Polls
// stop before the daemon dies of it, and each source and readyz say why. When there is room again polls go on by
// themselves. A start on the full disk is refused; an end and a kill on it are survived. In the end nothing that was
// accepted is missing.
func TestADiskThatIsFilledByOthersStopsPollsInTimeAndLosesNothing(t *testing.T) {
	f := newFull(t)
	f.begin()
	for round := range fullRounds(3) {
		stop := f.polling()
		f.somePolls()
		f.fill(fullRate, 0)
		f.untilBlocked()
		switch round {
		case 1:
			f.stop()
			f.refused()
		case 2:
			f.kill()
			f.refused()
		}
		f.free()
		stop()
		if round > 0 {
			f.begin()
		}
		f.untilPolled()
	}
	f.finish()
	if said := f.log.tail(1 << 20); strings.Contains(said, "SIGBUS") || strings.Contains(said, "goroutine") {
		t.Errorf("the daemon crashed:\n%s", f.fault())
	}
}

// R3: where a little room is left what is queued is delivered and acknowledged, while nothing is asked of the API any
// more. What was acknowledged then is so for good: nothing of it is sent again after a kill.
func TestOnAnAlmostFullDiskPollsStopAndDeliveriesGoOn(t *testing.T) {
	f := newFull(t)
	f.begin()
	f.operate((*admin.Client).PauseSink)
	f.poll("heavy")
	f.fill(fullRate, fullLeft)
	f.untilBlocked()
	before, asked := len(f.receiver.record()), f.listings()
	f.operate((*admin.Client).ResumeSink)
	f.untilSent()
	f.untilBlocked()
	if after := len(f.receiver.record()); before > 0 || after < fullItems/2 || f.listings() != asked {
		t.Errorf("%d events had arrived, and %d then; the API was asked %d times meanwhile", before, after, f.listings()-asked)
	}
	f.kill()
	f.stopped[f.life] = true // nothing was in flight
	f.refused()
	f.free()
	f.begin()
	f.untilPolled()
	f.finish()
}

// R3: memory is filled faster than any process can stop. Whether the daemon gets away with it or dies, as of a kill,
// nothing that was accepted is missing.
func TestADiskThatIsFilledInNoTimeLosesNothing(t *testing.T) {
	f := newFull(t)
	died := 0
	for range fullRounds(2) {
		f.begin()
		stop := f.polling()
		f.somePolls()
		f.fill(0, 0)
		if _, alive := f.until("blocked", isBlocked); !alive {
			died++
		}
		f.kill()
		f.refused()
		f.free()
		stop()
	}
	t.Logf("it died %d times", died)
	f.begin()
	f.finish()
}

// fullRounds returns how often the disk is filled.
func fullRounds(most int) int {
	if testing.Short() {
		return 1
	}
	return most
}

// somePolls waits for so many that the disk is filled at another moment each time.
func (f *full) somePolls() {
	f.Helper()
	for range 1 + rand.IntN(6) {
		liveNext(f, f.polled, "a good poll")
	}
}

// finish lets everything arrive, and checks it.
func (f *full) finish() {
	f.Helper()
	f.api.keep(f.poll("heavy"))
	f.untilSent()
	f.stop()
	check := newCrashCheck(f, f.sink, f.receiver.record())
	check.source(f.api)
	check.duplicates(f.stopped)
	f.Logf("%d polls, %d events in %d requests, %d duplicates", f.listings(), len(check.events), len(check.attempts), check.again)
}
