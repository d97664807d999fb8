package command

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

func (p *program) deadletter() *cobra.Command {
	return group(
		&cobra.Command{Use: "deadletter", Short: "Look at deliveries that were given up, retry or drop them"},
		p.deadletterList(), p.deadletterShow(),
		p.deadletterDo("retry", "queued", "Send dead letters again, with their ids", (*admin.Client).Retry),
		p.deadletterDo("drop", "dropped", "Give dead letters up for good", (*admin.Client).Drop),
	)
}

func (p *program) deadletterList() *cobra.Command {
	var f admin.Filter
	var when period
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, newest first",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.Since, f.Until, err = when.read(time.Now()); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			letters, err := client.DeadLetters(cmd.Context(), f)
			if err != nil {
				return err
			}
			if p.json {
				return p.write(letters, p.stdout)
			}
			return p.tableOfDeadLetters(letters)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&when.since, "since", "", "not before this `time`, or that long ago")
	flags.StringVar(&when.until, "until", "", "before this `time`, or that long ago")
	flags.StringVar(&f.Source, "source", "", "of this `source`")
	flags.StringVar(&f.Type, "type", "", "of this `type`")
	flags.StringVar(&f.Sink, "sink", "", "to this `sink`")
	flags.IntVar(&f.Limit, "limit", 0, "at most this `many` (default 100)")
	return cmd
}

func (p *program) tableOfDeadLetters(letters admin.DeadLetters) error {
	var rows [][]string
	for _, d := range letters.DeadLetters {
		rows = append(rows, []string{
			d.ID, d.Time.Local().Format(time.DateTime), d.Type, short(d.Key, 40), d.Sink,
			strconv.Itoa(d.Attempts), short(d.Reason, 80),
		})
	}
	head := []string{"ID", "TIME", "TYPE", "KEY", "SINK", "ATTEMPTS", "REASON"}
	if err := p.table(head, rows); err != nil || !letters.More {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, "… and more: narrow the search, or raise --limit")
	return err
}

func (p *program) deadletterShow() *cobra.Command {
	show := p.eventShow()
	show.Short = "Show the event of a dead letter, its payload, and every attempt to deliver it"
	return show
}

func (p *program) deadletterDo(
	verb, done, short string, do func(*admin.Client, context.Context, admin.Pick) (admin.Count, error),
) *cobra.Command {
	var want admin.Pick
	var when period
	cmd := &cobra.Command{
		Use:   verb + " [ID]",
		Short: short,
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) (err error) {
			if want.Since, want.Until, err = when.read(time.Now()); err != nil {
				return err
			}
			if len(given) == 1 {
				want.ID = given[0]
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			count, err := do(client, cmd.Context(), want)
			if err != nil {
				return err
			}
			return p.count(count, "dead letters", done)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&when.since, "since", "", "not before this `time`, or that long ago")
	flags.StringVar(&when.until, "until", "", "before this `time`, or that long ago")
	flags.StringVar(&want.Source, "source", "", "of this `source`")
	flags.StringVar(&want.Key, "key", "", "about the item with this `key`")
	flags.StringVar(&want.Type, "type", "", "of this `type`")
	flags.StringVar(&want.Sink, "sink", "", "to this `sink`")
	flags.BoolVar(&want.All, "all", false, "all of them")
	return cmd
}
