package config_test

import (
	"context"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

const smallest = `
source "http" "s" {
  url   = "https://api.example.com/"
  sinks = [sink.w]
}
sink "stdout" "w" {}
`

func TestWhatIsNotWrittenHasItsDefault(t *testing.T) {
	c := loadText(t, smallest)
	if want := (config.State{Path: "hookbridge-state", History: 7 * 24 * time.Hour}); c.State != want {
		t.Errorf("state is %+v, want %+v", c.State, want)
	}
	if c.Admin.Listen != "unix:hookbridge-state/admin.sock" || !c.Admin.Token.IsZero() {
		t.Errorf("admin is %+v", c.Admin)
	}
	if want := (config.Log{Level: slog.LevelInfo}); c.Log != want {
		t.Errorf("log is %+v, want %+v", c.Log, want)
	}
	source := c.Sources[0]
	source.Source, source.Version = nil, ""
	to := []store.Recipient{{Sink: "w", Order: store.OrderKey}}
	want := poll.Settings{
		Name: "s", Kind: "http", Every: 5 * time.Minute, Timeout: time.Minute, To: to,
		Guard: poll.Guard{MaxDeletes: poll.DefaultMaxDeletes()},
	}
	if diff := cmp.Diff(want, source); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	sink := c.Sinks[0]
	sink.Sink, sink.Version = nil, ""
	wantSink := deliver.Settings{
		Name: "w", Kind: "stdout", Timeout: deliver.DefaultTimeout, Concurrency: deliver.DefaultConcurrency,
		Schedule: deliver.DefaultSchedule(), Jitter: deliver.DefaultJitter,
	}
	if diff := cmp.Diff(wantSink, sink); diff != "" {
		t.Errorf("sink (-want +got):\n%s", diff)
	}
}

func TestADirectoryIsOneNamespaceOfItsVisibleFiles(t *testing.T) {
	dir := files(t,
		"b.hcl", `source "http" "b" { 
  url   = file("url.txt")
  sinks = [sink.w]
}`,
		"a.hcl", `sink "stdout" "w" {}`,
		"url.txt", "https://api.example.com/\n",
		".hidden.hcl", `}`, "notes.md", `}`, "old.hcl~", `}`)
	if err := os.Mkdir(filepath.Join(dir, "more.hcl"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, diags := load(t, dir)
	if len(diags) > 0 {
		t.Fatal(rendered(t, c, diags))
	}
	if len(c.Files) != 2 || len(c.Sources) != 1 || c.Sources[0].To[0].Sink != "w" {
		t.Errorf("read %d files with %d sources", len(c.Files), len(c.Sources))
	}
	if got := c.Sources[0].Source.(*fakeSource).url.Reveal(); got != "https://api.example.com/" {
		t.Errorf("a relative file is not found beside the configuration: %q", got)
	}
}

func TestMistakesOfAllFilesAreReportedInTheirOrder(t *testing.T) {
	dir := files(t,
		"b.hcl", `source "http" "b" { 
  url   = "https://api.example.com/"
  every = "never"
  sinks = [sink.beyond]
}
sink "stdout" "cut" {`,
		"a.hcl", `sink "stdout" "w" { order = 1 }
state { history = 1 }`,
		"c.hcl", `log { level = "loud" }`)
	_, diags := load(t, dir)
	var places []string
	for _, d := range diags {
		places = append(places, filepath.Base(d.Subject.Filename)+": "+d.Summary)
	}
	want := []string{
		"a.hcl: Unknown value", "a.hcl: Invalid value", "b.hcl: Invalid value",
		"b.hcl: Unclosed configuration block", "c.hcl: Unknown value",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

func TestAConfigurationWithoutASourceSaysSoBesideOtherMistakes(t *testing.T) {
	_, diags := load(t, files(t, "a.hcl", `log { level = "loud" }`))
	if got := strings.Join(summaries(diags), ","); got != "No source,Unknown value" {
		t.Errorf("said is %q", got)
	}
}

// TestOneMistakeIsToldOnce checks that what follows from a mistake is not reported beside it.
func TestOneMistakeIsToldOnce(t *testing.T) {
	source := `source "http" "s" {
  url   = "https://api.example.com/"
  sinks = [sink.w]
}
`
	for text, want := range map[string]string{
		`sorce "http" "s" {}`:           "Unsupported block type",
		source + `sink "stdout" "v" {}`: "Unknown sink",
		strings.ReplaceAll(source, "w", "a-b") + `sink "stdout" "a-b" {}`: "Invalid name",
		source + `sink "stdoot" "w" {}`:                                   "Unknown kind of sink",
		source + `sink "stdout" "w" {`:                                    "Unclosed configuration block",
	} {
		_, diags := load(t, files(t, "a.hcl", text))
		if got := strings.Join(summaries(diags), ","); got != want {
			t.Errorf("%s\nsays %q, want %q", text, got, want)
		}
	}
}

func TestNothingToReadIsOneError(t *testing.T) {
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"):       "no such file or directory",
		t.TempDir():                              "holds no file that ends in .hcl",
		files(t, "a.hcl", ""):                    "Nothing in",
		files(t, "a.hcl", `state {}`) + "/a.hcl": "Nothing in",
	} {
		c, diags := load(t, path)
		if len(diags) != 1 || !diags.HasErrors() || !strings.Contains(diags[0].Detail, want) {
			t.Errorf("%s: %s, want %q", path, rendered(t, c, diags), want)
		}
	}
}

func TestTheStateStandsWhereSystemdPutIt(t *testing.T) {
	c := loadText(t, smallest, "STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
	if c.State.Path != "/var/lib/a" || c.Admin.Listen != "unix:/var/lib/a/admin.sock" {
		t.Errorf("state is at %s, admin at %s", c.State.Path, c.Admin.Listen)
	}
	c = loadText(t, smallest+`state { path = "/srv/state" }`, "STATE_DIRECTORY", "/var/lib/a")
	if c.State.Path != "/srv/state" {
		t.Errorf("the file does not outweigh the environment: %s", c.State.Path)
	}
}

func TestOnlyAnAddressThatOthersReachNeedsAToken(t *testing.T) {
	long := strings.Repeat("x", 108)
	for listen, want := range map[string]string{
		"127.0.0.1:7676": "", "[::1]:7676": "", "localhost:0": "", "unix:/run/a.sock": "", "[::ffff:127.0.0.1]:1": "",
		"0.0.0.0:7676": "Missing token", ":7676": "Missing token", "10.1.2.3:7676": "Missing token",
		"hookbridge.internal:7676": "Missing token", "[::]:7676": "Missing token",
		"7676": "Invalid address", "127.0.0.1": "Invalid address", "127.0.0.1:http": "Invalid address",
		"127.0.0.1:70000": "Invalid address", "unix:": "Invalid address", "unix:" + long: "Invalid address",
	} {
		path := files(t, "a.hcl", smallest+"admin {\n listen = \""+listen+"\"\n}")
		_, diags := load(t, path)
		if got := strings.Join(summaries(diags), ","); got != want {
			t.Errorf("listen = %q: %q, want %q", listen, got, want)
		}
	}
	c := loadText(t, smallest+"admin {\n listen = \":7676\"\n token = env(\"SECRET\")\n}")
	if c.Admin.Token.Reveal() != marker {
		t.Error("the token is lost")
	}
	_, diags := load(t, files(t, "a.hcl", smallest+"admin {\n listen = \":7676\"\n token = env(\"EMPTY\")\n}"), "EMPTY", "")
	if got := strings.Join(summaries(diags), ","); got != "Missing token" {
		t.Errorf("an empty token opens the door: %s", got)
	}
}

func TestAStatePathTooLongForASocketIsSaidBeforeItFails(t *testing.T) {
	path := files(t, "a.hcl", smallest)
	c, diags := load(t, path, "STATE_DIRECTORY", "/"+strings.Repeat("d", 120))
	if len(diags) != 1 || diags[0].Subject != nil || !strings.Contains(diags[0].Detail, "set listen in an admin block") {
		t.Error(rendered(t, c, diags))
	}
}

func TestAScheduleMayBeEmptyButNotEndless(t *testing.T) {
	text := func(schedule string) string {
		return `source "http" "s" { 
  url   = "https://api.example.com/"
  sinks = [sink.w]
}
sink "stdout" "w" {
  retry {
    schedule = ` + schedule + `
  }
}`
	}
	if c := loadText(t, text("[]")); len(c.Sinks[0].Schedule) != 0 {
		t.Errorf("an empty schedule is %v", c.Sinks[0].Schedule)
	}
	many := "[" + strings.Repeat(`"1s",`, 101) + "]"
	if _, diags := load(t, files(t, "a.hcl", text(many))); strings.Join(summaries(diags), ",") != "Schedule too long" {
		t.Errorf("101 waits: %v", summaries(diags))
	}
}

func TestTwoKindsOfOneNamePanic(t *testing.T) {
	twice := kinds()
	twice.Sinks = append(twice.Sinks, bridge.Kind[bridge.Sink]{Name: "stdout"})
	defer func() {
		if recover() == nil {
			t.Error("the program's mistake goes unseen")
		}
	}()
	config.Load(t.TempDir(), config.Options{Kinds: twice})
}

func TestAPluginGetsTheEnvironmentOfTheProgram(t *testing.T) {
	c, diags := config.Load(files(t, "a.hcl", smallest), config.Options{
		Kinds: kinds(), Getenv: environment(), Env: bridge.Env{Version: "1.2.3", Temp: "/tmp"},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	env := c.Sinks[0].Sink.(*fakeSink).env
	if env.Name != "w" || env.Version != "1.2.3" || env.Temp != "/tmp" || env.Eval == nil {
		t.Errorf("the plugin got %+v", env)
	}
}

// H8: a source may list for each item of another, wherever that one stands.
func TestAPluginGetsTheSourceWhoseItemsItListsFor(t *testing.T) {
	items := func(context.Context, string) iter.Seq2[bridge.Item, error] { return nil }
	c, diags := config.Load(files(t, "a.hcl", `source "http" "comments" {
  for_each = source.tickets
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.w]
}
source "http" "tickets" {
  url   = "https://tickets.example.com/"
  sinks = [sink.w]
}
sink "stdout" "w" {}`), config.Options{Kinds: kinds(), Getenv: environment(), Env: bridge.Env{Items: items}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	comments, tickets := c.Sources[0].Source.(*fakeSource).env, c.Sources[1].Source.(*fakeSource).env
	if comments.ForEach != "tickets" || comments.Items == nil || tickets.ForEach != "" {
		t.Errorf("the plugins got %q and %q", comments.ForEach, tickets.ForEach)
	}
}
