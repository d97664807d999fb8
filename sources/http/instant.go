package http

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// A clock is a way to write an instant: rfc3339, unix, unix_ms, or a layout of Go's package time. The zone is
// that of a layout which names none.
type clock struct {
	name string
	zone *time.Location
}

const (
	rfc3339  = "rfc3339"
	unix     = "unix"
	unixMsec = "unix_ms"
)

// isLayout reports whether the name is a layout.
func (c clock) isLayout() bool { return c.name != rfc3339 && c.name != unix && c.name != unixMsec }

// tells reports whether a layout tells one day from another: what holds no date is none.
func (c clock) tells() bool {
	day := time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)
	text := day.Format(c.name)
	_, err := time.Parse(c.name, text)
	return err == nil && text != day.AddDate(0, 0, 1).Format(c.name) &&
		text != day.AddDate(0, 1, 0).Format(c.name) && text != day.AddDate(1, 0, 0).Format(c.name)
}

// floating reports whether a text of the layout does not say in which zone it is.
func (c clock) floating() bool {
	day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	there := time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 3600))
	return c.isLayout() && day.Format(c.name) == there.Format(c.name)
}

// step is the shortest time that changes the text, and at least a second.
func (c clock) step() time.Duration {
	if !c.isLayout() {
		return time.Second
	}
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{time.Second, time.Minute, time.Hour} {
		if start.Format(c.name) != start.Add(step).Format(c.name) {
			return step
		}
	}
	return 24 * time.Hour
}

// read reads a JSON value. Where a clock was put back, and a text without a zone stands for two instants, it
// is the earlier one: to ask again for what is known does no harm.
func (c clock) read(raw []byte) (time.Time, error) {
	text, ok := document.Text(raw)
	if !ok {
		return time.Time{}, fmt.Errorf("%.80q is no instant (%s)", raw, c.name)
	}
	t, err := c.parse(text)
	if err == nil && (t.Year() < 1 || t.Year() > 9999) {
		err = fmt.Errorf("the year %d is out of range", t.Year())
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%.80q is no instant (%s)", text, c.name)
	}
	return t.UTC(), nil
}

func (c clock) parse(text string) (time.Time, error) {
	switch c.name {
	case rfc3339:
		return time.Parse(time.RFC3339Nano, text)
	case unix:
		return ofNumber(text, int64(time.Second))
	case unixMsec:
		return ofNumber(text, int64(time.Millisecond))
	}
	t, err := time.ParseInLocation(c.name, text, c.zone)
	if err == nil && c.floating() {
		t, _ = earlier(t)
	}
	return t, err
}

// ofNumber reads a decimal number of units since 1970, in full precision.
func ofNumber(text string, unit int64) (time.Time, error) {
	const longest = 40
	number, ok := new(big.Rat), len(text) <= longest
	if ok {
		_, err := strconv.ParseFloat(text, 64) // no fractions such as 1/3, and no exponent beyond reason
		_, ok = number.SetString(text)
		ok = ok && err == nil
	}
	if !ok {
		return time.Time{}, fmt.Errorf("%q is no number", text)
	}
	number.Mul(number, new(big.Rat).SetInt64(unit))
	nanos := new(big.Int).Div(number.Num(), number.Denom()) // rounds down
	seconds, rest := new(big.Int).DivMod(nanos, big.NewInt(int64(time.Second)), new(big.Int))
	if !seconds.IsInt64() || seconds.Int64() < -62135596800 || seconds.Int64() > 253402300799 {
		return time.Time{}, fmt.Errorf("%q is out of range", text)
	}
	return time.Unix(seconds.Int64(), rest.Int64()), nil
}

// write writes an instant, rounded down, as JSON: numbers of seconds or milliseconds, else text. A text without
// a zone is one that nobody can read as a later instant.
func (c clock) write(t time.Time) []byte {
	switch c.name {
	case rfc3339:
		return quote(t.UTC().Format(time.RFC3339))
	case unix:
		return strconv.AppendInt(nil, t.Unix(), 10)
	case unixMsec:
		return strconv.AppendInt(nil, t.UnixMilli(), 10)
	}
	t = t.In(c.zone)
	if c.floating() {
		if first, back := earlier(t); back > 0 {
			t = first.Add(-back)
		}
	}
	return quote(t.Format(c.name))
}

// earlier returns the first of two instants that have the local time of t, and by how much the clock was put
// back between them; t and 0 where there is only one.
func earlier(t time.Time) (time.Time, time.Duration) {
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	if !start.IsZero() {
		_, before := start.Add(-time.Second).Zone()
		back := time.Duration(before-offset) * time.Second
		if back > 0 && t.Before(start.Add(back)) {
			return t.Add(-back), back
		}
	}
	if !end.IsZero() {
		_, after := end.Zone()
		back := time.Duration(offset-after) * time.Second
		if back > 0 && !t.Before(end.Add(-back)) {
			return t, back
		}
	}
	return t, 0
}
