package setting

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Duration reads "90s", "1m30s", "24h", "7d" from low to high.
func (r *Reader) Duration(x hcl.Expression, otherwise, low, high time.Duration) time.Duration {
	return quantity(r, x, otherwise, low, high, ParseDuration)
}

// Size reads "64MiB", "10KB" or "512B" from low to high, in bytes.
func (r *Reader) Size(x hcl.Expression, otherwise, low, high Bytes) Bytes {
	return quantity(r, x, otherwise, low, high, ParseSize)
}

// Durations reads a list of durations, each from low to high. An empty list is not the default.
func (r *Reader) Durations(x hcl.Expression, otherwise []time.Duration, low, high time.Duration) []time.Duration {
	texts := r.Strings(x)
	if texts == nil {
		return otherwise
	}
	durations := make([]time.Duration, 0, len(texts))
	for _, text := range texts {
		d, err := ParseDuration(text)
		if err == nil {
			err = within(d, low, high)
		}
		if err != nil {
			r.Fail(x, "Invalid value", "%s.", err)
			return otherwise
		}
		durations = append(durations, d)
	}
	return durations
}

// Ratio reads "20%".
func (r *Reader) Ratio(x hcl.Expression, otherwise float64) float64 {
	return quantity(r, x, otherwise, 0, 1, ParseRatio)
}

// Rate reads "50/s", "80/min", "5000/h", as events a second.
func (r *Reader) Rate(x hcl.Expression) float64 {
	return quantity(r, x, 0, 1e-6, 1e6, ParseRate)
}

// Amount is a share of a whole, or a count. The zero Amount is a count of 0.
type Amount struct {
	Share float64 // of the whole, from 0 to 1; in force where Count is -1
	Count int
}

// Of returns the most items that the amount allows of a whole.
func (a Amount) Of(whole int) int {
	if a.Count >= 0 {
		return a.Count
	}
	return int(a.Share * float64(whole))
}

// Amount reads "20%" or a count.
func (r *Reader) Amount(x hcl.Expression, otherwise Amount) Amount {
	value, ok := r.plain(x, cty.String)
	if !ok {
		return otherwise
	}
	text := value.AsString()
	if count, err := strconv.Atoi(text); err == nil && count >= 0 {
		return Amount{Count: count}
	}
	share, err := ParseRatio(text)
	if err != nil || share < 0 || share > 1 {
		r.Fail(x, "Invalid value", "This takes a share such as \"20%%\", or a count.")
		return otherwise
	}
	return Amount{Share: share, Count: -1}
}

// Bytes is a size.
type Bytes int64

// The sizes that bounds are told in.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
)

func (b Bytes) String() string {
	for _, u := range []struct {
		size Bytes
		name string
	}{{GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}} {
		if b >= u.size && b%u.size == 0 {
			return fmt.Sprintf("%d%s", b/u.size, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

// ParseDuration reads what time.ParseDuration reads, and whole or broken days before it: "7d", "1d12h".
func ParseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return durationOf(text)
	}
	number, err := strconv.ParseFloat(days, 64)
	if err != nil || !(number >= 0 && number <= maxDays) {
		return 0, noDuration(text)
	}
	whole := time.Duration(number * float64(24*time.Hour))
	if rest == "" {
		return whole, nil
	}
	part, err := durationOf(rest)
	if err != nil || part < 0 || part > maxDays*24*time.Hour {
		return 0, noDuration(text)
	}
	return whole + part, nil
}

// maxDays is a century: two of them still fit a duration.
const maxDays = 36500

func durationOf(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, noDuration(text)
	}
	return d, nil
}

func noDuration(text string) error {
	return fmt.Errorf("%q is no duration such as \"90s\", \"24h\" or \"7d\"", text)
}

// FormatDuration is the inverse of ParseDuration, in days where these are whole.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ParseSize reads a number with a unit of bytes, binary (KiB) or decimal (kB).
func ParseSize(text string) (Bytes, error) {
	number, unit := cutNumber(text)
	scale, known := map[string]float64{
		"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9,
	}[unit]
	value, err := strconv.ParseFloat(number, 64)
	if !known || err != nil || value*scale > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is no size such as \"64MiB\" or \"256KiB\"", text)
	}
	return Bytes(value * scale), nil
}

// ParseRatio reads "20%" as 0.2.
func ParseRatio(text string) (float64, error) {
	number, found := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(number, 64)
	if !found || err != nil || !finite(value) {
		return 0, fmt.Errorf("%q is no ratio such as \"20%%\"", text)
	}
	return value / 100, nil
}

// ParseRate reads a count by unit of time, as a count by second.
func ParseRate(text string) (float64, error) {
	count, unit, _ := strings.Cut(text, "/")
	seconds, known := map[string]float64{"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}[unit]
	value, err := strconv.ParseFloat(count, 64)
	if !known || err != nil || !finite(value) {
		return 0, fmt.Errorf("%q is no rate such as \"50/s\", \"80/min\" or \"5000/h\"", text)
	}
	return value / seconds, nil
}

func finite(value float64) bool { return !math.IsNaN(value) && !math.IsInf(value, 0) }

func cutNumber(text string) (number, unit string) {
	end := strings.IndexFunc(text, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

func quantity[T ~int64 | ~float64](
	r *Reader, x hcl.Expression, otherwise, low, high T, parse func(string) (T, error),
) T {
	value, ok := r.plain(x, cty.String)
	if !ok {
		return otherwise
	}
	parsed, err := parse(value.AsString())
	if err == nil {
		err = within(parsed, low, high)
	}
	if err != nil {
		r.Fail(x, "Invalid value", "%s.", err)
		return otherwise
	}
	return parsed
}

func within[T ~int64 | ~float64](value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%s is out of range: it takes %s to %s", show(value), show(low), show(high))
	}
	return nil
}

func show[T ~int64 | ~float64](value T) string {
	switch v := any(value).(type) {
	case time.Duration:
		return FormatDuration(v)
	case fmt.Stringer:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}
