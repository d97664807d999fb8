package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Window is a span of the clock on certain days of the week. One whose To is not after its From runs over
// midnight, and belongs to the day on which it begins.
type Window struct {
	Days Days
	From time.Duration // since midnight by the clock
	To   time.Duration // exclusive; up to 24 hours
	Zone *time.Location
}

// Windows are open wherever one of them is. None at all are always open.
type Windows []Window

// Next returns the instant itself where a window is open then, else the next one at which one opens. It is
// the zero time where none ever does.
func (w Windows) Next(at time.Time) time.Time {
	if len(w) == 0 {
		return at
	}
	var next time.Time
	for _, window := range w {
		opens := window.next(at)
		if !opens.IsZero() && (next.IsZero() || opens.Before(next)) {
			next = opens
		}
	}
	return next
}

// next looks from yesterday, whose window may run over midnight, to the same day in two weeks: in one of two
// a jump of the clock may swallow a window whole.
func (w Window) next(at time.Time) time.Time {
	today := civilOf(at, w.Zone).Truncate(24 * time.Hour)
	for offset := -1; offset <= 14; offset++ {
		day := today.AddDate(0, 0, offset)
		if !w.Days[day.Weekday()] {
			continue
		}
		opens, closes := w.on(day)
		if !at.Before(closes) || !opens.Before(closes) {
			continue
		}
		if at.Before(opens) {
			return opens
		}
		return at
	}
	return time.Time{}
}

// on returns when the window of a day opens and closes.
func (w Window) on(day time.Time) (opens, closes time.Time) {
	end := day.Add(w.To)
	if w.To <= w.From {
		end = end.AddDate(0, 0, 1)
	}
	return instantOf(day.Add(w.From), w.Zone), instantOf(end, w.Zone)
}

// Days are days of the week, by [time.Weekday].
type Days [7]bool

// EveryDay returns all seven.
func EveryDay() Days { return Days{true, true, true, true, true, true, true} }

// Add adds a day by its three letters, such as "mon", or a range of days, such as "fri-mon".
func (d *Days) Add(text string) error {
	first, last, _ := strings.Cut(text, "-")
	from, err := dayOf(first)
	if err != nil {
		return err
	}
	to := from
	if strings.Contains(text, "-") {
		if to, err = dayOf(last); err != nil {
			return err
		}
	}
	for day := from; ; day = (day + 1) % 7 {
		d[day] = true
		if day == to {
			return nil
		}
	}
}

func dayOf(text string) (time.Weekday, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(text, day.String()[:3]) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("read day %q: it is none of sun, mon, tue, wed, thu, fri, sat", text)
}

// ParseClock reads a time of the day, "07:00" to "24:00", as the time since midnight.
func ParseClock(text string) (time.Duration, error) {
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("read time %q: it is none such as \"07:00\" or \"24:00\"", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}
