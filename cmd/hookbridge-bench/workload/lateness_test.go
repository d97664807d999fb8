package workload

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// asked returns answers to requests for a list at these times, in milliseconds.
func asked(path string, times ...int) (answers []upstream.Answer) {
	for _, at := range times {
		answers = append(answers, upstream.Answer{Path: path, Began: measure.Moment(at) * measure.Moment(time.Millisecond)})
	}
	return answers
}

func TestLatenessIsFromTheEarliestPlaceOnTheGridOfEachList(t *testing.T) {
	answers := append(asked("/a", 1000, 2003, 3001), asked("/b", 550, 1540, 4545)...) // two ticks of b were left out
	late := lateness(answers, time.Second)
	want := []int{0, 3, 1, 10, 0, 5}
	if len(late) != len(want) {
		t.Fatalf("%v", late)
	}
	for i, ms := range want {
		if late[i] != time.Duration(ms)*time.Millisecond {
			t.Errorf("request %d was %s late, not %d ms", i, late[i], ms)
		}
	}
}

func TestASingleRequestTellsNoLateness(t *testing.T) {
	if late := lateness(asked("/a", 5), time.Second); len(late) != 0 {
		t.Errorf("%v", late)
	}
}

func TestPollsThatGetFewerAreNoFigure(t *testing.T) {
	m := many{lists: 100, every: time.Second}
	if enough(1000, m, 10*time.Second) != nil || enough(790, m, 10*time.Second) == nil {
		t.Error("8 in 10 are enough")
	}
}
