package command

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

func (p *program) sink() *cobra.Command {
	r := resource[admin.Sink]{p, (*admin.Client).Sinks, (*admin.Client).Sink, p.tableOfSinks}
	return group(
		&cobra.Command{Use: "sink", Short: "Look at the sinks of the running daemon, and operate them"},
		r.listing("List the sinks, where they stand and what waits for them"), r.showing("Show all that is known of a sink"),
		r.doing("pause", "Stop delivering to a sink until it is resumed, over restarts as well", (*admin.Client).PauseSink),
		r.doing("resume", "Deliver again to a sink that was paused, or disabled by its receiver (410)", (*admin.Client).ResumeSink),
	)
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
