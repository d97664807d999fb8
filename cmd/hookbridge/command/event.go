package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

func (p *program) event() *cobra.Command {
	cmd := &cobra.Command{Use: "event", Short: "Look at the events of the running daemon, and send them again"}
	return group(cmd, p.eventList(), p.eventShow(), p.eventReplay())
}

func (p *program) eventList() *cobra.Command {
	var f admin.Filter
	var when period
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List recorded events, newest first",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.Since, f.Until, err = when.read(time.Now()); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			events, err := client.Events(cmd.Context(), f)
			if err != nil {
				return err
			}
			if p.json {
				return p.write(events, p.stdout)
			}
			return p.tableOfEvents(events)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&when.since, "since", "", "not before this `time`, or that long ago")
	flags.StringVar(&when.until, "until", "", "before this `time`, or that long ago")
	flags.StringVar(&f.Source, "source", "", "of this `source`")
	flags.StringVar(&f.Key, "key", "", "about the item with this `key`")
	flags.StringVar(&f.Type, "type", "", "of this `type`")
	flags.StringVar(&f.Sink, "sink", "", "with a delivery to this `sink`")
	flags.StringVar(&f.State, "state", "", "with a delivery that is pending, delivered, dead or dropped")
	flags.IntVar(&f.Limit, "limit", 0, "at most this `many` (default 100)")
	return cmd
}

func (p *program) tableOfEvents(events admin.Events) error {
	var rows [][]string
	for _, e := range events.Events {
		var deliveries []string
		for _, d := range e.Deliveries {
			deliveries = append(deliveries, d.Sink+": "+d.State)
		}
		rows = append(rows, []string{
			e.ID, e.Time.Local().Format(time.DateTime), e.Type, short(e.Key, 40), strings.Join(deliveries, ", "),
		})
	}
	if err := p.table([]string{"ID", "TIME", "TYPE", "KEY", "DELIVERIES"}, rows); err != nil || !events.More {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, "… and more: narrow the search, or raise --limit")
	return err
}

func (p *program) eventShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show an event, its payload, and every attempt to deliver it",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			event, err := client.Event(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return p.write(event, p.stdout)
		},
	}
}

func (p *program) eventReplay() *cobra.Command {
	var want admin.Replay
	var when period
	cmd := &cobra.Command{
		Use:   "replay [ID ...] --sink SINK",
		Short: "Send recorded events again, with their ids, to a sink that may be new",
		RunE: func(cmd *cobra.Command, ids []string) (err error) {
			if want.Since, want.Until, err = when.read(time.Now()); err != nil {
				return err
			}
			want.IDs = ids
			client, err := p.client()
			if err != nil {
				return err
			}
			count, err := client.Replay(cmd.Context(), want)
			if err != nil {
				return err
			}
			return p.count(count, "events", "queued")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&want.Sink, "sink", "", "send them to this `sink`")
	flags.StringVar(&when.since, "since", "", "not before this `time`, or that long ago")
	flags.StringVar(&when.until, "until", "", "before this `time`, or that long ago")
	flags.StringVar(&want.Source, "source", "", "of this `source`")
	flags.StringVar(&want.Key, "key", "", "about the item with this `key`")
	flags.StringVar(&want.Type, "type", "", "of this `type`")
	flags.StringVar(&want.FromSink, "from-sink", "", "with a delivery to this `sink`")
	flags.BoolVar(&want.All, "all", false, "all that are recorded")
	return cmd
}

// count tells how far a request about many went.
func (p *program) count(c admin.Count, things, done string) error {
	if p.json {
		return p.write(c, p.stdout)
	}
	_, err := fmt.Fprintf(p.stdout, "%d %s matched, %d %s\n", c.Matched, things, c.Done, done)
	return err
}
