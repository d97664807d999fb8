package calendar

import (
	"testing"
	"time"
)

func days(t *testing.T, all ...string) (d Days) {
	t.Helper()
	for _, text := range all {
		if err := d.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func clock(t *testing.T, text string) time.Duration {
	t.Helper()
	at, err := ParseClock(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestOutsideItsWindowsASourceWaitsForTheNextOpening(t *testing.T) {
	paris, newYork := zone(t, "Europe/Paris"), zone(t, "America/New_York")
	office := Windows{{Days: days(t, "mon-fri"), From: clock(t, "07:00"), To: clock(t, "19:00"), Zone: paris}}
	night := Windows{{Days: days(t, "fri"), From: clock(t, "22:00"), To: clock(t, "03:00"), Zone: newYork}}
	early := Windows{{Days: EveryDay(), From: clock(t, "02:30"), To: clock(t, "04:00"), Zone: paris}}
	gone := Windows{{Days: days(t, "sun"), From: clock(t, "02:10"), To: clock(t, "02:50"), Zone: paris}}
	for name, test := range map[string]struct {
		windows  Windows
		at, want string
	}{
		"none at all":                       {nil, "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"},
		"inside":                            {office, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"},
		"at the very opening":               {office, "2026-11-20T06:00:00Z", "2026-11-20T06:00:00Z"},
		"at the very end":                   {office, "2026-11-20T18:00:00Z", "2026-11-23T06:00:00Z"},
		"on a free day":                     {office, "2026-11-21T12:00:00Z", "2026-11-23T06:00:00Z"},
		"before the opening, in summer":     {office, "2026-07-01T04:59:59Z", "2026-07-01T05:00:00Z"},
		"over midnight: the evening":        {night, "2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z"},
		"over midnight: the next morning":   {night, "2026-11-21T07:59:59Z", "2026-11-21T07:59:59Z"},
		"over midnight: after it":           {night, "2026-11-21T08:00:00Z", "2026-11-28T03:00:00Z"},
		"over midnight: another morning":    {night, "2026-11-20T06:00:00Z", "2026-11-21T03:00:00Z"},
		"two of them: the nearer":           {append(office, night...), "2026-11-21T12:00:00Z", "2026-11-23T06:00:00Z"},
		"two of them: the other":            {append(night, office...), "2026-11-20T19:00:00Z", "2026-11-21T03:00:00Z"},
		"an opening that the clock skips":   {early, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		"an opening that the clock repeats": {early, "2026-10-25T00:15:00Z", "2026-10-25T00:30:00Z"},
		"a window that the clock swallows":  {gone, "2026-03-28T00:00:00Z", "2026-04-05T00:10:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := test.windows.Next(at).UTC().Format(time.RFC3339); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestDaysAndTimesThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"", "monday", "mon-", "-fri", "mo", "mon-fri-sun", "1-5"} {
		if err := new(Days).Add(text); err == nil {
			t.Errorf("%q is taken for days", text)
		}
	}
	for _, text := range []string{"", "7:00", "24:01", "25:00", "07:60", "7am", "07:00:00"} {
		if _, err := ParseClock(text); err == nil {
			t.Errorf("%q is taken for a time", text)
		}
	}
	if got := days(t, "sat-mon", "WED"); got != (Days{true, true, false, true, false, false, true}) {
		t.Errorf("sat-mon and WED are %v", got)
	}
}
