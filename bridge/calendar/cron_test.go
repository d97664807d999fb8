package calendar

import (
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	found, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func parse(t testing.TB, text, in string) *Cron {
	t.Helper()
	c, err := ParseCron(text, zone(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ticks lists what an expression names from one instant to another, as the clock shows it with its offset.
func ticks(c *Cron, from, to time.Time) []string {
	var all []string
	for at := c.Next(from.Add(-time.Second)); at.Before(to) && !at.IsZero() && len(all) < 1000; at = c.Next(at) {
		all = append(all, at.Format("2T15:04Z0700"))
	}
	return all
}

// S2: the rule for hours that are skipped and repeated, over both changes of two zones.
func TestEachTickOfTheClockHappensOnceWhereHoursAreSkippedOrRepeated(t *testing.T) {
	for name, test := range map[string]struct{ zone, cron, from, to, want string }{
		"skipped in Paris: at the end of the gap": {
			"Europe/Paris", "30 2 * * *", "2026-03-28 00:00", "2026-03-31 00:00", "28T02:30+0100 29T03:00+0200 30T02:30+0200",
		},
		"several in one gap, and one at its end: once": {
			"Europe/Paris", "*/20 2-3 * * *", "2026-03-29 00:00", "2026-03-29 05:00",
			"29T03:00+0200 29T03:20+0200 29T03:40+0200",
		},
		"repeated in Paris: the first time only": {
			"Europe/Paris", "30 2 * * *", "2026-10-24 00:00", "2026-10-27 00:00", "24T02:30+0200 25T02:30+0200 26T02:30+0100",
		},
		"a range over the repeated hour: each once": {
			"Europe/Paris", "0,30 1-3 * * *", "2026-10-25 00:00", "2026-10-26 00:00",
			"25T01:00+0200 25T01:30+0200 25T02:00+0200 25T02:30+0200 25T03:00+0100 25T03:30+0100",
		},
		"skipped in New York": {
			"America/New_York", "15 2 * * *", "2026-03-07 00:00", "2026-03-10 00:00", "7T02:15-0500 8T03:00-0400 9T02:15-0400",
		},
		"repeated in New York": {
			"America/New_York", "30 1 * * sun", "2026-10-30 00:00", "2026-11-10 00:00", "1T01:30-0400 8T01:30-0500",
		},
		"of every hour: nothing of the hour that is skipped": {
			"America/New_York", "*/30 * * * *", "2026-03-08 01:00", "2026-03-08 04:00",
			"8T01:00-0500 8T01:30-0500 8T03:00-0400 8T03:30-0400",
		},
		"of every hour: both of the hours that are repeated": {
			"America/New_York", "*/30 * * * *", "2026-11-01 00:30", "2026-11-01 02:30",
			"1T00:30-0400 1T01:00-0400 1T01:30-0400 1T01:00-0500 1T01:30-0500 1T02:00-0500",
		},
		"a jump of half an hour": {
			"Australia/Lord_Howe", "10 2 * * *", "2026-10-03 00:00", "2026-10-06 00:00",
			"3T02:10+1030 4T02:30+1100 5T02:10+1100",
		},
		"a midnight that is skipped": {
			"America/Sao_Paulo", "0 0 * * *", "2018-11-03 00:00", "2018-11-06 00:00",
			"3T00:00-0300 4T01:00-0200 5T00:00-0200",
		},
		"a whole day that is skipped": {
			"Pacific/Apia", "0 12 * * *", "2011-12-29 00:00", "2012-01-01 00:00",
			"29T12:00-1000 31T00:00+1400 31T12:00+1400",
		},
		"names, ranges over the week's end, and 7 for Sunday": {
			"UTC", "0 9 * jan fri-mon,7", "2026-01-01 00:00", "2026-01-07 00:00",
			"2T09:00Z 3T09:00Z 4T09:00Z 5T09:00Z",
		},
		"the design's example": {
			"Europe/Paris", "*/15 7-19 * * mon-fri", "2026-11-20 19:30", "2026-11-23 07:30",
			"20T19:30+0100 20T19:45+0100 23T07:00+0100 23T07:15+0100",
		},
		"a day of the month or of the week": {
			"UTC", "0 0 13 * fri", "2026-11-10 00:00", "2026-11-21 00:00", "13T00:00Z 20T00:00Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := parse(t, test.cron, test.zone)
			at := func(text string) time.Time {
				instant, err := time.ParseInLocation("2006-01-02 15:04", text, c.zone)
				if err != nil {
					t.Fatal(err)
				}
				return instant
			}
			if got := strings.Join(ticks(c, at(test.from), at(test.to)), " "); got != test.want {
				t.Errorf("got\n%s, want\n%s", got, test.want)
			}
		})
	}
}

// S2: Next says the same wherever it is asked from, through two years of changes: every instant that it names
// from anywhere before is named from right before it too, and time goes on.
func TestAskingFromAnywhereBeforeATickNamesIt(t *testing.T) {
	const step = 37 * time.Minute
	for _, name := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll"} {
		for _, text := range []string{"*/20 * * * *", "10,50 1-3 * * *", "0 */2 * * *", "30 0 * * sun"} {
			c := parse(t, text, name)
			for at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(step) {
				next := c.Next(at)
				if !next.After(at) || !c.Next(next.Add(-time.Nanosecond)).Equal(next) {
					t.Fatalf("%s: after %s comes %s, and right before it %s", c, at, next, c.Next(next.Add(-time.Nanosecond)))
				}
				if from := at.Add(step); next.After(from) && !c.Next(from).Equal(next) {
					t.Fatalf("%s: after %s comes %s, later %s", c, at, next, c.Next(from))
				}
			}
		}
	}
}

func TestATickOfTheLeapDayIsFoundAcrossACenturyWithoutOne(t *testing.T) {
	c := parse(t, "0 0 29 2 *", "UTC")
	if got := c.Next(time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)); got.Year() != 2104 {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNoCronExpressionIsRefusedWithAReason(t *testing.T) {
	for text, want := range map[string]string{
		"":                "it has 0 fields and takes five",
		"* * * *":         "it has 4 fields",
		"0 0 * * * *":     "it has 6 fields",
		"@daily":          "it has 1 fields",
		"TZ=UTC * * * *":  `the field "TZ=UTC" holds more`,
		"60 * * * *":      "above maximum",
		"* 24 * * *":      "above maximum",
		"* * 0 * *":       "below minimum",
		"*/0 * * * *":     "must be a positive number",
		", * * * *":       "is empty",
		"* * * * mon-xyz": "xyz",
		"0 0 30 feb *":    "there is no such day",
		"0 0 L * *":       "L",
		"* * * * *" + strings.Repeat(" ", maxCron): "up to 256 bytes",
	} {
		if _, err := ParseCron(text, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestAZoneThatIsNoneIsRefused(t *testing.T) {
	for _, name := range []string{"", "Europe/Pariss", "../etc/passwd", "UTC+1"} {
		if _, err := Zone(name); err == nil {
			t.Errorf("%q is taken for a zone", name)
		}
	}
}

// FuzzCron holds any expression to what callers rely on: ticks go forward, none is named twice, each is a
// whole minute by the clock, and Next ends.
func FuzzCron(f *testing.F) {
	for _, text := range []string{
		"* * * * *", "*/15 7-19 * * mon-fri", "0 0 29 2 *", "30 2 * * *", "0 0 31 */2 7", "59 23 1-7 jan-mar sun,wed",
		"1/2 22-3 * nov-feb fri-mon", "0 0 30 2 *", "TZ=x * * * *", "@every 1s * * *", ",,,", "0 0 1 1 0-7/3",
	} {
		f.Add(text, int64(1774746000))
	}
	paris := zone(f, "Europe/Paris")
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		c, err := ParseCron(text, paris)
		if err != nil {
			return
		}
		at := time.Unix(unix%(1<<32), 0)
		for range 50 {
			next := c.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) || next.Nanosecond() != 0 || next.Year() > 1930 && next.Second() != 0 {
				t.Fatalf("%q: after %s comes %s", text, at, next)
			}
			at = next
		}
	})
}
