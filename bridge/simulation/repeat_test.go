package simulation

import (
	"testing"
)

// R7: a seed reproduces its run. All that the upstream, the receivers and the operator saw is the same a second
// time, to the nanosecond: each poll with what it was answered and what became of it, each attempt with its id
// and what it was answered, each kill. Only the order in which things of one instant are told may differ.
func TestASeedReproducesItsRun(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		first := run(t, newPlan(seed, large()), bent{}).trace()
		second := run(t, newPlan(seed, large()), bent{}).trace()
		for n := range max(len(first), len(second)) {
			if n >= len(first) || n >= len(second) || first[n] != second[n] {
				t.Errorf("seed %d: line %d of %d and %d differs:\n  %s\n  %s", seed, n, len(first), len(second), at(first, n), at(second, n))
				break
			}
		}
	}
}

func at(lines []line, n int) line {
	if n < len(lines) {
		return lines[n]
	}
	return line{text: "(nothing)"}
}
