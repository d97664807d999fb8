package command

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

func (p *program) sink() *cobra.Command {
	return group(
		&cobra.Command{Use: "sink", Short: "Look at the sinks of the running daemon, and operate them"},
		p.sinkList(), p.sinkShow(),
		p.sinkDo("pause", "Stop delivering to a sink until it is resumed, over restarts as well", (*admin.Client).PauseSink),
		p.sinkDo("resume", "Deliver again to a sink that was paused, or disabled by its receiver (410)", (*admin.Client).ResumeSink),
	)
}

func (p *program) sinkList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sinks, where they stand and what waits for them",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			sinks, err := client.Sinks(cmd.Context())
			if err != nil {
				return err
			}
			if p.json {
				return p.write(sinks, p.stdout)
			}
			return p.tableOfSinks(sinks)
		},
	}
}

func (p *program) tableOfSinks(sinks []admin.Sink) error {
	var rows [][]string
	for _, s := range sinks {
		state := s.State
		if s.Kind == "" {
			state = "not configured"
		}
		rows = append(rows, []string{
			s.Name, s.Kind, state, strconv.Itoa(s.Queue.Pending), ago(s.Queue.Oldest), strconv.Itoa(s.Queue.Dead),
			until(s.Until), short(s.Reason, 60),
		})
	}
	return p.table([]string{"NAME", "KIND", "STATE", "PENDING", "OLDEST", "DEAD", "NEXT", "WHY"}, rows)
}

func (p *program) sinkShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Show all that is known of a sink",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			sink, err := client.Sink(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return p.write(sink, p.stdout)
		},
	}
}

func (p *program) sinkDo(
	verb, short string, do func(*admin.Client, context.Context, string) (admin.Sink, error),
) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			sink, err := do(client, cmd.Context(), given[0])
			if err != nil {
				return err
			}
			if p.json {
				return p.write(sink, p.stdout)
			}
			return p.tableOfSinks([]admin.Sink{sink})
		},
	}
}
