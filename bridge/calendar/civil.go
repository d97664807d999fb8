// Package calendar tells which instants a schedule of the clock on the wall names: the ticks of a cron
// expression, and the hours of a window, in a time zone with all its jumps.
//
// Twice a year most zones skip an hour of the clock or show one twice, and this is what holds then:
//
//   - A cron expression whose hours are all of the day (the field is * or comes to the same) goes by elapsed
//     time: what stands in a skipped hour does not happen, and a repeated hour has its ticks both times,
//     which are ticks of two different hours. So */15 goes on every quarter of an hour.
//   - Any other expression means times of the clock, and each of them once a day: a tick in a skipped hour
//     happens when the clock has jumped, at the first instant after the gap, together with all others of the
//     gap; a tick in a repeated hour happens the first time only.
//   - The edges of a window follow the second rule.
//
// The zones are part of the program, so that it needs no files of the system for them.
package calendar

import (
	"time"
	_ "time/tzdata" // the zones
)

// civilOf returns what the clocks of the zone show at an instant, written as a time in UTC: there it can be
// reckoned with, since UTC neither skips nor repeats.
func civilOf(at time.Time, zone *time.Location) time.Time {
	_, offset := at.In(zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// instantOf is the inverse of civilOf: the first instant at which the clocks of the zone show the time, and
// the end of the gap for a time that they skip.
func instantOf(civil time.Time, zone *time.Location) time.Time {
	const around = 26 * time.Hour // farther than any offset from UTC, so that a jump lies in between
	early, late := offsetAt(civil.Add(-around), zone), offsetAt(civil.Add(around), zone)
	before, after := civil.Add(-early), civil.Add(-late)
	first := before
	if after.Before(before) {
		first = after
	}
	for _, instant := range []time.Time{first, before, after} {
		if civilOf(instant, zone).Equal(civil) {
			return instant.In(zone)
		}
	}
	start, _ := before.In(zone).ZoneBounds()
	return start.In(zone)
}

func offsetAt(instant time.Time, zone *time.Location) time.Duration {
	_, offset := instant.In(zone).Zone()
	return time.Duration(offset) * time.Second
}
