package command

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/daemon"
)

// replayed is what came of a recording, as JSON tells it: what a configuration makes of it and nothing that another
// version of the program, or another place of the folder, would change.
type replayed struct {
	Recording string           `json:"recording"`           // the name of the folder
	Error     string           `json:"error,omitempty"`     // why the poll failed
	Coverage  string           `json:"coverage,omitempty"`  // of a poll that went well
	Silent    bool             `json:"silent,omitzero"`     // it is the baseline
	Hold      string           `json:"hold,omitempty"`      // why nothing of it would be sent
	Changes   []replayedChange `json:"changes"`             // in order
	Omitted   int              `json:"omitted,omitzero"`    // changes beyond those listed
	Exchanges []admin.Exchange `json:"exchanges,omitempty"` // with --trace
	Left      []string         `json:"left,omitempty"`      // files of exchanges that nobody asked for
}

type replayedChange struct {
	Change string          `json:"change"` // created, updated or deleted
	Key    string          `json:"key"`
	Events []replayedEvent `json:"events"`
}

type replayedEvent struct {
	Type    string         `json:"type"`
	Sinks   []string       `json:"sinks"`
	Bury    string         `json:"bury,omitempty"` // why it would be a dead letter from the start
	Payload jsontext.Value `json:"payload,omitzero"`
}

func replayedOf(one daemon.Replayed, trace bool) replayed {
	report := one.Plan.Report
	told := replayed{
		Recording: filepath.Base(one.Folder), Error: report.Error, Coverage: report.Coverage, Silent: one.Plan.Silent,
		Changes: []replayedChange{}, Omitted: one.Plan.Omitted, Left: one.Left,
	}
	if report.Hold != nil {
		told.Hold = report.Hold.Reason
	}
	if trace {
		told.Exchanges = one.Plan.Exchanges
	}
	for _, c := range one.Plan.Changes {
		change := replayedChange{Change: c.Change, Key: c.Key, Events: []replayedEvent{}}
		for _, e := range c.Events {
			change.Events = append(change.Events, replayedEvent{e.Type, e.Sinks, e.Bury, e.Payload})
		}
		told.Changes = append(told.Changes, change)
	}
	return told
}

// replaying is how a replay is shown.
type replaying struct {
	trace  bool
	expect string // a file
}

func (p *program) sourceReplay() *cobra.Command {
	var how replaying
	cmd := &cobra.Command{
		Use:   "replay NAME FOLDER ...",
		Short: "Poll a source over recordings instead of its servers, and show the events",
		Long: "Poll a source over recordings that source record made, one poll for each, with the configuration as it\n" +
			"stands in its files, and show the changes and the events that would leave. No server is asked, no daemon\n" +
			"and no state is needed, and no secrets: what env, file and credential yielded has a stand-in. The same comes\n" +
			"of it each time, so that a configuration can be tested where its API is not.\n\n" +
			"The items of a single recording are shown as initial = \"emit\" would send them. Of several the first one is\n" +
			"the baseline, and the events are those of the polls after it. The exit status is 1 where a poll failed; with\n" +
			"--expect it is 1 where what --json writes is not what the file says.",
		Args: args(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, given []string) error {
			all, err := daemon.Replay(cmd.Context(), p.apart(), given[0], given[1:])
			if err != nil {
				return err
			}
			return p.showReplay(all, how)
		},
	}
	cmd.Flags().BoolVar(&how.trace, "trace", false, "show each request and its answer")
	cmd.Flags().StringVar(&how.expect, "expect", "", "compare the outcome with a `file` that --json wrote")
	return cmd
}

func (p *program) showReplay(all []daemon.Replayed, how replaying) error {
	told := make([]replayed, 0, len(all))
	failed := false
	for _, one := range all {
		failed = failed || one.Plan.Report.Error != ""
		told = append(told, replayedOf(one, how.trace))
	}
	switch {
	case how.expect != "":
		return p.compareReplay(told, how.expect)
	case p.json:
		if err := p.write(told, p.stdout); err != nil {
			return err
		}
	default:
		p.tellReplay(all, how)
	}
	if failed {
		return errSaid
	}
	return nil
}

func (p *program) tellReplay(all []daemon.Replayed, how replaying) {
	for _, one := range all {
		var text strings.Builder
		if len(all) > 1 {
			fmt.Fprintf(&text, "%s:\n", one.Folder)
		}
		if how.trace || one.Plan.Report.Error != "" {
			traceText(&text, one.Plan.Exchanges)
		}
		if one.Plan.Report.Error == "" {
			changesText(&text, one.Plan)
			sumText(&text, one.Plan)
		}
		if len(one.Left) > 0 {
			fmt.Fprintf(&text, "Not asked for: %s.\n", strings.Join(one.Left, ", "))
		}
		_, _ = fmt.Fprint(p.stdout, text.String())
		if one.Plan.Report.Error != "" {
			_, _ = fmt.Fprintf(p.stderr, "hookbridge: %s: %s\n", one.Folder, one.Plan.Report.Error)
		}
	}
	_, _ = fmt.Fprintln(p.stdout, "No server was asked, and nothing was sent.")
}

// errDiffers is a replay that is not as it was expected to be.
var errDiffers = errors.New("the outcome is not the expected one")

// compareReplay compares what came of a replay with a file, as JSON, and shows the lines that differ.
func (p *program) compareReplay(told []replayed, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read what is expected: %w", err)
	}
	var written bytes.Buffer
	if err := p.write(told, &written); err != nil {
		return err
	}
	want, err := inForm(text)
	if err != nil {
		return fmt.Errorf("read what is expected: %s: %w", file, err)
	}
	got, err := inForm(written.Bytes())
	if err != nil {
		return err
	}
	if got == want {
		return nil
	}
	_, _ = fmt.Fprintf(p.stdout, "--- %s\n+++ the outcome\n%s", file, diffLines(strings.Split(want, "\n"), strings.Split(got, "\n")))
	return errDiffers
}

// inForm writes JSON in the one form that says the same.
func inForm(text []byte) (string, error) {
	value := jsontext.Value(bytes.Clone(text))
	err := value.Canonicalize()
	if err == nil {
		err = value.Indent(jsontext.WithIndent("  "))
	}
	return string(value), err
}
