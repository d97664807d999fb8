// Package report is what came of the benchmarks: rows of figures beside their yardsticks and bars, as a table for
// people and as JSON for programs.
package report

import (
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// Report is all of a run.
type Report struct {
	Began   time.Time       `json:"began"`
	Took    time.Duration   `json:"took_ns"`
	Sizes   string          `json:"sizes"` // full or short
	Version string          `json:"version"`
	Machine measure.Machine `json:"machine"`
	Rows    []Row           `json:"rows"`
	Growth  []Growth        `json:"growth,omitempty"`
}

// Wrong reports whether a row is no figure.
func (r Report) Wrong() bool {
	return slices.ContainsFunc(r.Rows, func(row Row) bool { return len(row.Wrong) > 0 })
}

// A Row is one figure of one workload.
type Row struct {
	Bar       string    `json:"bar"`  // such as V1
	What      string    `json:"what"` // is measured
	Unit      Unit      `json:"unit"`
	Ours      []float64 `json:"ours"`                // of each run
	Yardstick []float64 `json:"yardstick,omitempty"` // of the same runs; none: there is nothing to compare with
	Against   string    `json:"against,omitempty"`   // what the yardstick is
	Need      Need      `json:"need,omitzero"`
	Memory    int64     `json:"anonymous_peak,omitempty"`
	Resident  int64     `json:"resident_peak,omitempty"` // mapped files included, over the process's life
	Syncs     *float64  `json:"syncs_per_event,omitempty"`
	Wrong     []string  `json:"wrong,omitempty"` // why this is no figure
	Missing   string    `json:"missing,omitempty"`
	Notes     []string  `json:"notes,omitempty"`
}

// A Unit says what a figure counts.
type Unit string

// The units of figures.
const (
	Seconds   Unit = "s" // of processor time, or of time
	PerSecond Unit = "/s"
	Bytes     Unit = "B"
	Times     Unit = "x"
	Count     Unit = ""
)

// A Need is what a bar asks for, of the ratio to the yardstick where there is one, else of the figure itself. The zero
// Need asks for nothing.
type Need struct {
	Limit float64 `json:"limit"`
	Least bool    `json:"least,omitempty"` // it must be reached, where otherwise it must not be passed
	Plain bool    `json:"plain,omitempty"` // it is of the figure itself, though there is a yardstick
}

// AtMost asks for no more than a limit.
func AtMost(limit float64) Need { return Need{Limit: limit} }

// AtLeast asks for no less than a limit.
func AtLeast(limit float64) Need { return Need{Limit: limit, Least: true} }

// Itself is the need of the figure and not of its ratio.
func (n Need) Itself() Need {
	n.Plain = true
	return n
}

// Ratios are of the runs, pair by pair.
func (r Row) Ratios() []float64 {
	ratios := make([]float64, 0, len(r.Yardstick))
	for i, yardstick := range r.Yardstick {
		if i < len(r.Ours) && yardstick > 0 {
			ratios = append(ratios, r.Ours[i]/yardstick)
		}
	}
	return ratios
}

// judged is what the need is of.
func (r Row) judged() []float64 {
	if ratios := r.Ratios(); len(ratios) > 0 && !r.Need.Plain {
		return ratios
	}
	return r.Ours
}

// The verdicts on a row.
const (
	Pass  = "pass"
	Miss  = "miss"
	Wrong = "WRONG" // it is no figure
	None  = "-"     // nothing was asked for
)

// Verdict holds the median of the runs against the need.
func (r Row) Verdict() string {
	of := r.judged()
	switch {
	case len(r.Wrong) > 0:
		return Wrong
	case r.Need.Limit == 0 || len(of) == 0:
		return None
	case r.Need.Least == (Median(of) >= r.Need.Limit), Median(of) == r.Need.Limit:
		return Pass
	}
	return Miss
}

// Growth is how a cost grows with the size of something.
type Growth struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"` // what the cost is of, and its unit
	Over   string  `json:"over"`  // what the size is of
	Points []Point `json:"points"`
}

// A Point is the cost at one size, of one or several lines.
type Point struct {
	Size int                `json:"size"`
	Cost map[string]float64 `json:"cost"` // by line
}

// Add adds what ours costs at a size.
func (g *Growth) Add(size int, ours float64) {
	g.Points = append(g.Points, Point{Size: size, Cost: map[string]float64{Ours: ours}})
}

// Ours is the line of the program.
const Ours = "hookbridge"

// Median returns the middle of figures, of which there is at least one.
func Median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
