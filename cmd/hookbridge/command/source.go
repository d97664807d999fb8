package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
)

func (p *program) source() *cobra.Command {
	r := resource[admin.Source]{p, (*admin.Client).Sources, (*admin.Client).Source, p.tableOfSources}
	return group(
		&cobra.Command{Use: "source", Short: "Look at the sources of the running daemon, and operate them"},
		r.listing("List the sources and where they stand"), r.showing("Show all that is known of a source"),
		p.sourcePoll(), p.sourceRecord(), p.sourceReplay(),
		r.doing("pause", "Stop polling a source until it is resumed, over restarts as well", (*admin.Client).Pause),
		r.doing("resume", "Poll a paused source again", (*admin.Client).Resume),
		r.doing("release", "Let the next poll of a held source pass its guard", (*admin.Client).Release),
		r.doing("rebaseline", "Take in the next poll of a source as it is, without sending anything of it", (*admin.Client).Rebaseline),
		r.doing("reset", "Forget the items of a source: its next poll is a first one", (*admin.Client).Reset),
	)
}

func (p *program) tableOfSources(sources []admin.Source) error {
	var rows [][]string
	for _, s := range sources {
		rows = append(rows, []string{
			s.Name, s.Kind, s.State, strconv.Itoa(s.Items), s.Every, ago(s.Polled), until(s.Due), short(why(s), 60),
		})
	}
	return p.table([]string{"NAME", "KIND", "STATE", "ITEMS", "EVERY", "POLLED", "NEXT", "WHY"}, rows)
}

// why says why a source is not as it should be.
func why(s admin.Source) string {
	if s.Hold != nil && s.State != admin.StateBlocked {
		return s.Hold.Reason
	}
	return s.Reason
}

func (p *program) sourcePoll() *cobra.Command {
	var trace bool
	cmd := &cobra.Command{
		Use:   "poll NAME",
		Short: "Poll a source now, and say how that went",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			poll := client.Poll
			if trace {
				poll = client.PollTraced
			}
			report, err := poll(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return p.report(report, trace)
		},
	}
	cmd.Flags().BoolVar(&trace, "trace", false, "show each request and its answer")
	return cmd
}

// report tells how a poll went; one that failed is the command's failure.
func (p *program) report(r admin.Report, trace bool) error {
	if p.json {
		if err := p.write(r, p.stdout); err != nil {
			return err
		}
	} else if err := p.tellPoll(r, trace); err != nil {
		return err
	}
	if r.Error != "" {
		return errSaid
	}
	return nil
}

func (p *program) tellPoll(r admin.Report, trace bool) error {
	if trace {
		var text strings.Builder
		traceText(&text, r.Exchanges)
		if _, err := fmt.Fprint(p.stdout, text.String()); err != nil {
			return err
		}
	}
	return p.tellReport(r)
}

func (p *program) tellReport(r admin.Report) error {
	if r.Error != "" {
		_, err := fmt.Fprintf(p.stderr, "hookbridge: %s\n", r.Error)
		return err
	}
	if r.Coverage == bridge.Unchanged.String() {
		_, err := fmt.Fprintf(p.stdout, "%s: all is as before, found in %s; %d items known\n", r.Source, r.Took, r.Items)
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %d items listed (%s) in %s: %d created, %d updated, %d deleted; %d events, %d items known\n",
		r.Source, r.Seen, r.Coverage, r.Took, r.Created, r.Updated, r.Deleted, r.Events, r.Items)
	if err != nil || r.Hold == nil {
		return errors.Join(err, p.tellMore(r))
	}
	way := "let it pass with: hookbridge source release"
	if r.Hold.Rebaseline {
		way = "take in its items as they are with: hookbridge source rebaseline"
	}
	_, err = fmt.Fprintf(p.stdout, "held, nothing was sent: %s\n%s %s\n", r.Hold.Reason, way, r.Source)
	return err
}

// tellMore tells of a listing that was read in part.
func (p *program) tellMore(r admin.Report) error {
	if !r.More {
		return nil
	}
	_, err := fmt.Fprintln(p.stdout, "this was a part of a long listing: the next poll goes on with it")
	return err
}
