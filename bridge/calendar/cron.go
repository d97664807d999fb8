package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// maxCron bounds the text of an expression.
const maxCron = 256

// Cron is a cron expression in a time zone. It is safe for concurrent use.
type Cron struct {
	text  string
	zone  *time.Location
	spec  *cron.SpecSchedule // reckons in UTC, which stands for the clock of the zone
	hours bool               // of every hour: goes by elapsed time
}

// ParseCron reads five fields: minute, hour, day of the month, month, day of the week. Months and days may be
// named by three letters; 0 and 7 are both Sunday; a range may run over the end, such as fri-mon or 22-3.
// Where both a day of the month and one of the week are given, either will do, as crontab(5) has it. An
// expression that names no instant at all is an error.
func ParseCron(text string, zone *time.Location) (*Cron, error) {
	if err := checkCron(text); err != nil {
		return nil, err
	}
	const fields = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom
	parsed, err := cron.MustNewParser(fields).WithMaxSearchYears(searchYears).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", text, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("read %q: it is no expression of five fields", text)
	}
	const every = 1<<24 - 1
	c := &Cron{text: text, zone: zone, spec: spec, hours: spec.Hour&every == every}
	spec.Location = time.UTC
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("read %q: there is no such day", text)
	}
	return c, nil
}

// searchYears is how far a tick is looked for: the 29th of February is eight years away at most.
const searchYears = 9

// checkCron lets nothing through but the five fields: no zone, no seconds, no words such as @daily.
func checkCron(text string) error {
	if len(text) > maxCron {
		return fmt.Errorf("read expression: it takes up to %d bytes", maxCron)
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return fmt.Errorf("read %q: it has %d fields and takes five: minute, hour, day of the month, month, "+
			"day of the week", text, len(fields))
	}
	for _, field := range fields {
		if strings.Trim(field, "0123456789*,-/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return fmt.Errorf("read %q: the field %q holds more than numbers, names, and * , - /", text, field)
		}
		for part := range strings.SplitSeq(field, ",") {
			if part == "" {
				return fmt.Errorf("read %q: a part of the list %q is empty", text, field)
			}
		}
	}
	return nil
}

// String returns the expression as it was written, and its zone.
func (c *Cron) String() string { return c.text + " (" + c.zone.String() + ")" }

// Next returns the first tick after an instant; the zero time where there is none for years.
func (c *Cron) Next(after time.Time) time.Time {
	if c.hours {
		return c.nextElapsed(after)
	}
	return c.nextCivil(after)
}

// nextCivil looks for the time of the clock whose first instant comes next.
func (c *Cron) nextCivil(after time.Time) time.Time {
	for civil := civilOf(after, c.zone); ; {
		civil = c.spec.Next(civil)
		if civil.IsZero() {
			return time.Time{}
		}
		if instant := instantOf(civil, c.zone); instant.After(after) {
			return instant
		}
	}
}

// nextElapsed goes from one jump of the zone to the next.
func (c *Cron) nextElapsed(after time.Time) time.Time {
	for from := after; ; {
		start := from.Add(time.Nanosecond).In(c.zone)
		offset := offsetAt(start, c.zone)
		civil := c.spec.Next(from.UTC().Add(offset))
		if civil.IsZero() {
			return time.Time{}
		}
		tick := civil.Add(-offset).In(c.zone)
		_, end := start.ZoneBounds()
		if end.IsZero() || tick.Before(end) {
			return tick
		}
		from = end.Add(-time.Nanosecond)
	}
}

// errZone tells of a name that no zone has.
var errZone = errors.New("no such time zone")

// Zone returns the time zone of a name in the IANA database, such as "Europe/Paris".
func Zone(name string) (*time.Location, error) {
	if name == "" {
		return nil, fmt.Errorf("%w: the name is empty", errZone)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", errZone, name)
	}
	return zone, nil
}
