package report

import (
	"strings"
	"testing"
)

func TestTheMedianOfTheRunsIsHeldAgainstTheNeed(t *testing.T) {
	for _, test := range []struct {
		row  Row
		want string
	}{
		{Row{Ours: []float64{1, 9, 2}, Yardstick: []float64{1, 1, 1}, Need: AtMost(2)}, Pass},
		{Row{Ours: []float64{3, 9, 2}, Yardstick: []float64{1, 1, 1}, Need: AtMost(2)}, Miss},
		{Row{Ours: []float64{3, 9, 2}, Yardstick: []float64{2, 9, 1}, Need: AtMost(1.5)}, Pass},
		{Row{Ours: []float64{7}, Yardstick: []float64{10}, Need: AtLeast(0.7)}, Pass},
		{Row{Ours: []float64{6}, Yardstick: []float64{10}, Need: AtLeast(0.7)}, Miss},
		{Row{Ours: []float64{6}, Yardstick: []float64{10}, Need: AtLeast(5).Itself()}, Pass},
		{Row{Ours: []float64{6}, Need: AtMost(5)}, Miss},
		{Row{Ours: []float64{6}}, None},
		{Row{Need: AtMost(5), Missing: "not installed"}, None},
		{Row{Ours: []float64{1}, Need: AtMost(5), Wrong: []string{"1 event was lost"}}, Wrong},
	} {
		if got := test.row.Verdict(); got != test.want {
			t.Errorf("%+v is a %s, not a %s", test.row, got, test.want)
		}
	}
}

func TestTheTableShowsWhatIsWrongAndOneWrongRowSpoilsTheReport(t *testing.T) {
	half := 0.5
	r := Report{Rows: []Row{
		{Bar: "V1", What: "CPU", Unit: Seconds, Ours: []float64{0.2, 0.1, 0.3}, Yardstick: []float64{0.1, 0.1, 0.1}, Against: "Y", Need: AtMost(1.5), Memory: 50e6},
		{Bar: "V9", What: "rate", Unit: PerSecond, Ours: []float64{9000}, Syncs: &half},
		{Bar: "V16", What: "CPU", Missing: "not installed"},
	}}
	if r.Wrong() {
		t.Error("nothing is wrong yet")
	}
	r.Rows[1].Wrong = []string{"1 event was lost"}
	var text strings.Builder
	if err := r.Table(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"200 ms (100 ms … 300 ms)", "2.00 (1.00 … 3.00)", "<= 1.5 x", "50 MB", "miss",
		"9000/s", "0.5000", "WRONG", "V9 WRONG: 1 event was lost", "not installed",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in\n%s", want, text.String())
		}
	}
	if !r.Wrong() {
		t.Error("it is no report")
	}
}

func TestFiguresHaveThreeDigitsThatCount(t *testing.T) {
	for figure, want := range map[float64]string{0.118: "118 ms", 0.00023456: "235 µs", 1.354: "1.35 s", 61.26: "61.3 s", 0: "0 µs"} {
		if got := Seconds.Format(figure); got != want {
			t.Errorf("%f is %s, not %s", figure, got, want)
		}
	}
}
