package config_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge/calendar"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// TestEverythingThatIsWrittenArrives loads a file with every attribute of the core (P5, P9, P13, P14, D3, D7).
func TestEverythingThatIsWrittenArrives(t *testing.T) {
	c, diags := load(t, "testdata/valid.hcl")
	if len(diags) > 0 {
		t.Fatal(rendered(t, c, diags))
	}
	if want := (config.State{Path: "/var/lib/hookbridge", History: 30 * 24 * time.Hour}); c.State != want {
		t.Errorf("state is %+v", c.State)
	}
	if c.Admin.Listen != "0.0.0.0:7676" || c.Admin.Token.Reveal() != marker {
		t.Errorf("admin is %+v", c.Admin)
	}
	if want := (config.Log{Level: slog.LevelDebug, Format: "json"}); c.Log != want {
		t.Errorf("log is %+v", c.Log)
	}
	checkSources(t, c)
	checkSinks(t, c)
}

func checkSources(t *testing.T, c *config.Config) {
	ops, crm := store.Recipient{Sink: "ops", Order: store.OrderNone}, store.Recipient{Sink: "crm", Order: store.OrderStrict}
	blog, issues := c.Sources[0], c.Sources[1]
	if blog.Every != 90*time.Second || !slices.Equal(blog.Health, []store.Recipient{ops}) {
		t.Errorf("the defaults do not reach the blog: every %v, health %v", blog.Every, blog.Health)
	}
	if blog.Twice != poll.DuplicatesFirst || blog.Kind != "feed" {
		t.Errorf("a kind whose keys repeat has %v", blog.Twice)
	}
	if issues.Every != time.Minute || issues.Jitter != 5*time.Second || issues.Timeout != 30*time.Second {
		t.Errorf("the issues are polled every %v + %v for %v", issues.Every, issues.Jitter, issues.Timeout)
	}
	if !issues.Emit || issues.Twice != poll.DuplicatesLast {
		t.Errorf("initial is %v, duplicates %v", issues.Emit, issues.Twice)
	}
	if want := (poll.Guard{MaxDeletes: setting.Amount{Count: 7}, MaxEvents: 1000, ConfirmPolls: 3}); issues.Guard != want {
		t.Errorf("guard is %+v", issues.Guard)
	}
	if !slices.Equal(issues.Health, []store.Recipient{ops, crm}) || !slices.Equal(issues.To, []store.Recipient{crm}) {
		t.Errorf("health is %v, sinks %v", issues.Health, issues.To)
	}
	if want := (poll.Adapt{Min: 30 * time.Second, Max: 15 * time.Minute}); issues.Adapt != want || issues.Cron != nil {
		t.Errorf("it adapts by %+v, cron %v", issues.Adapt, issues.Cron)
	}
	if issues.Settle != 2 || issues.Expect != 26*time.Hour || issues.Previous != "tickets" {
		t.Errorf("settle %d, expect %s, previous %q", issues.Settle, issues.Expect, issues.Previous)
	}
	checkSchedule(t, c.Sources[2])
	checkRules(t, issues.Rules)
	checkEvents(t, issues)
	fake := issues.Source.(*fakeSource)
	if fake.env.Name != "issues" || fake.url.Reveal() != "https://api.example.com/?token="+marker {
		t.Errorf("the plugin of %q got another url", fake.env.Name)
	}
}

// checkSchedule checks S2's cron and zone, and the windows.
func checkSchedule(t *testing.T, rates poll.Settings) {
	if rates.Cron == nil || rates.Cron.String() != "*/15 7-19 * * mon-fri (Europe/Paris)" || rates.Adapt != (poll.Adapt{}) {
		t.Fatalf("the cron is %v, and adapts by %v", rates.Cron, rates.Adapt)
	}
	night, tuesday := rates.Windows[0], rates.Windows[1]
	if night.From != 22*time.Hour || night.To != 3*time.Hour+30*time.Minute || night.Zone.String() != "America/New_York" ||
		night.Days != (calendar.Days{true, true, false, true, false, true, true}) {
		t.Errorf("the night is %+v", night)
	}
	if tuesday.From != 0 || tuesday.To != 24*time.Hour || tuesday.Zone != time.UTC || tuesday.Days != (calendar.Days{2: true}) {
		t.Errorf("the tuesday is %+v", tuesday)
	}
}

func checkRules(t *testing.T, all document.Rules) {
	var rules []string
	for _, path := range slices.Concat(all.Ignore, all.Watch, all.Sets) {
		rules = append(rules, path.String())
	}
	if diff := cmp.Diff([]string{".updated_at", ".labels[*].url", ".state", `["odd name"]`, ".labels"}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func checkEvents(t *testing.T, issues poll.Settings) {
	first, second := issues.Events[0], issues.Events[1]
	if first.Type != "issue.closed" || first.When == nil || first.Data == nil || len(first.To) != 3 {
		t.Errorf("the first event is %+v", first)
	}
	if second.Type != "issue.closed" || second.When == nil || second.Data != nil || !slices.Equal(second.To, issues.To) {
		t.Errorf("the second event is %+v", second)
	}
}

func checkSinks(t *testing.T, c *config.Config) {
	crm, many, ops := c.Sinks[0], c.Sinks[1], c.Sinks[2]
	if crm.Name != "crm" || crm.Timeout != 20*time.Second || crm.Concurrency != 4 || crm.Jitter != 0.5 {
		t.Errorf("the sink is %+v", crm)
	}
	if !slices.Equal(crm.Schedule, []time.Duration{time.Second, time.Minute}) {
		t.Errorf("the schedule is %v", crm.Schedule)
	}
	if secret := crm.Sink.(*fakeBatcher).secret; secret.Reveal() != "whsec_default" {
		t.Error("the default of a variable is lost")
	}
	if crm.Order != store.OrderStrict || ops.Order != store.OrderNone {
		t.Errorf("the orders are %v and %v", crm.Order, ops.Order)
	}
	if many.Rate != 80.0/60 || many.Batch != (deliver.Batch{Max: 50, Wait: 2 * time.Second}) || ops.Rate != 0 {
		t.Errorf("rate %v, batches %+v", many.Rate, many.Batch)
	}
	heard := []store.Recipient{{Sink: "ops", Order: store.OrderNone}, {Sink: "crm", Order: store.OrderStrict}}
	if !slices.Equal(many.Health, heard) || len(crm.Health) != 0 {
		t.Errorf("of the sink hear %v", many.Health)
	}
	if buried := c.Sources[1].Buried; len(buried) != 1 || !slices.Equal(buried["many"], heard) {
		t.Errorf("of burials hear %v", buried)
	}
	if ops.Name != "ops" || ops.Kind != "stdout" {
		t.Errorf("the second sink is %+v", ops)
	}
}
