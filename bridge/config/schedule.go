package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/calendar"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

type adaptBlock struct {
	Min hcl.Expression `hcl:"min,optional"`
	Max hcl.Expression `hcl:"max,optional"`
}

type windowBlock struct {
	Days hcl.Expression `hcl:"days,optional"`
	From hcl.Expression `hcl:"from,optional"`
	To   hcl.Expression `hcl:"to,optional"`
	Zone hcl.Expression `hcl:"zone,optional"`
}

type expectBlock struct {
	At           hcl.Range      `hcl:",def_range"`
	ChangeWithin hcl.Expression `hcl:"change_within,optional"`
}

// maxWindows bounds the windows of a source: a week has 168 hours.
const maxWindows = 168

// readSchedule reads when a source is polled. Without every and cron it is as often as the defaults say.
func (l *loader) readSchedule(u *unit, b *sourceBlock, s *poll.Settings) {
	s.Every = u.Duration(b.Every, l.defaults.every, time.Second, year)
	s.Cron = readCron(u, b)
	s.Adapt = readAdapt(u, b, s.Every)
	if len(b.Windows) > maxWindows {
		u.Report(setting.Wrong(u.block.DefRange, "Too many windows", "A source takes up to %d window blocks.", maxWindows))
		return
	}
	for _, window := range b.Windows {
		s.Windows = append(s.Windows, readWindow(u, window))
	}
}

func readCron(u *unit, b *sourceBlock) *calendar.Cron {
	if !setting.Given(b.Cron) {
		if setting.Given(b.Zone) {
			u.Fail(b.Zone, "Zone without a cron", "The zone is that of a cron expression: an interval has none.")
		}
		return nil
	}
	if setting.Given(b.Every) {
		u.Fail(b.Cron, "Two schedules", "A source has either every or cron: take one of them out.")
	}
	text, zone := u.String(b.Cron, ""), readZone(u, b.Zone)
	if text == "" && u.Diagnostics().HasErrors() {
		return nil
	}
	cron, err := calendar.ParseCron(text, zone)
	if err != nil {
		u.Fail(b.Cron, "Invalid cron expression", "%s.", err)
	}
	return cron
}

// readZone reads the name of a time zone. It is UTC where none is given, whatever the machine's own is, so that
// a configuration means the same everywhere.
func readZone(u *unit, x hcl.Expression) *time.Location {
	name := u.String(x, "UTC")
	zone, err := calendar.Zone(name)
	if err != nil {
		u.Fail(x, "Unknown time zone", "%q names no time zone: it takes one such as \"Europe/Paris\" or \"UTC\".", name)
		return time.UTC
	}
	return zone
}

func readAdapt(u *unit, b *sourceBlock, every time.Duration) poll.Adapt {
	if b.Adapt == nil {
		return poll.Adapt{}
	}
	adapt := poll.Adapt{
		Min: u.Duration(b.Adapt.Min, every, time.Second, year),
		Max: u.Duration(b.Adapt.Max, every, time.Second, year),
	}
	const detail = "The interval starts at every (%s) and moves between min and max: they lie on both sides of it."
	switch text := setting.FormatDuration(every); {
	case setting.Given(b.Cron):
		u.Fail(b.Cron, "Cron with an adapt block", "Only an interval adapts: take every, or leave adapt out.")
	case adapt.Min > every:
		u.Fail(b.Adapt.Min, "Invalid value", detail, text)
	case adapt.Max < every:
		u.Fail(b.Adapt.Max, "Invalid value", detail, text)
	}
	return adapt
}

// readWindow reads a span of the clock. By default it is all day, every day.
func readWindow(u *unit, b windowBlock) calendar.Window {
	window := calendar.Window{
		Days: readDays(u, b.Days), Zone: readZone(u, b.Zone),
		From: readClock(u, b.From, 0), To: readClock(u, b.To, 24*time.Hour),
	}
	if window.From == window.To || window.From == 24*time.Hour {
		u.Fail(b.From, "Empty window", "It ends when it begins; leave from and to out for the whole day.")
	}
	return window
}

func readDays(u *unit, x hcl.Expression) calendar.Days {
	texts := u.Strings(x)
	if texts == nil {
		return calendar.EveryDay()
	}
	var days calendar.Days
	for _, text := range texts {
		if err := days.Add(text); err != nil {
			u.Fail(x, "Invalid day", "%s; a range is such as \"mon-fri\".", err)
			return calendar.EveryDay()
		}
	}
	if len(texts) == 0 {
		u.Fail(x, "Empty window", "It is open on no day; leave days out for every day.")
	}
	return days
}

func readClock(u *unit, x hcl.Expression, otherwise time.Duration) time.Duration {
	text := u.String(x, "")
	if text == "" && !setting.Given(x) {
		return otherwise
	}
	at, err := calendar.ParseClock(text)
	if err != nil {
		u.Fail(x, "Invalid time of day", "%s.", err)
		return otherwise
	}
	return at
}

func readExpect(u *unit, b *expectBlock) time.Duration {
	if b == nil {
		return 0
	}
	if !setting.Given(b.ChangeWithin) {
		u.Report(setting.Wrong(b.At, "Missing required argument", `Say what to expect, such as change_within = "26h".`))
		return 0
	}
	return u.Duration(b.ChangeWithin, 0, time.Minute, 10*year)
}
