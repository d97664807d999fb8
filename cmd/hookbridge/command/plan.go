package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/daemon"
)

func (p *program) plan() *cobra.Command {
	var trace bool
	cmd := &cobra.Command{
		Use:   "plan SOURCE",
		Short: "Poll a source now, show what would be sent, and change nothing",
		Long: "Poll a source now, over the state as it is and with the configuration as it stands in its files, and\n" +
			"show the changes and the events that would leave. Nothing is written and nothing is sent. Where the\n" +
			"daemon runs it is asked, since it holds the state.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			plan, err := p.makePlan(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return p.showPlan(plan, trace)
		},
	}
	cmd.Flags().BoolVar(&trace, "trace", false, "show each request and its answer")
	return cmd
}

// makePlan asks the daemon, and opens the state itself where none answers.
func (p *program) makePlan(ctx context.Context, source string) (admin.Plan, error) {
	client, err := p.client()
	if err != nil {
		return admin.Plan{}, err
	}
	plan, err := client.Plan(ctx, source)
	if p.admin != "" || !errors.Is(err, admin.ErrUnreachable) {
		return plan, err
	}
	return daemon.Plan(ctx, p.apart(), source)
}

func (p *program) showPlan(plan admin.Plan, trace bool) error {
	if p.json {
		if err := p.write(plan, p.stdout); err != nil {
			return err
		}
	} else {
		p.tellPlan(plan, trace)
	}
	if plan.Report.Error != "" {
		return errSaid
	}
	return nil
}

func (p *program) tellPlan(plan admin.Plan, trace bool) {
	var text strings.Builder
	if trace || plan.Report.Error != "" {
		traceText(&text, plan.Exchanges)
	}
	if plan.Report.Error != "" {
		_, _ = fmt.Fprint(p.stdout, text.String())
		_, _ = fmt.Fprintf(p.stderr, "hookbridge: %s\n", plan.Report.Error)
		return
	}
	changesText(&text, plan)
	sumText(&text, plan)
	text.WriteString("Nothing was written, and nothing was sent.\n")
	_, _ = fmt.Fprint(p.stdout, text.String())
}

func changesText(text *strings.Builder, plan admin.Plan) {
	signs := map[string]string{"created": "+", "updated": "~", "deleted": "-"}
	for _, change := range plan.Changes {
		fmt.Fprintf(text, "%s %s\n", signs[change.Change], change.Key)
		for _, e := range change.Events {
			fmt.Fprintf(text, "    %s to %s\n", e.Type, strings.Join(e.Sinks, ", "))
			if e.Bury != "" {
				fmt.Fprintf(text, "    a dead letter: %s\n", e.Bury)
			}
			if len(e.Payload) > 0 {
				fmt.Fprintf(text, "    %s\n", e.Payload)
			}
		}
	}
	if plan.Omitted > 0 {
		fmt.Fprintf(text, "… and %d changes more\n", plan.Omitted)
	}
}

func sumText(text *strings.Builder, plan admin.Plan) {
	r := plan.Report
	if r.Coverage == bridge.Unchanged.String() {
		fmt.Fprintf(text, "All is as at the last poll; %d items known.\n", r.Items)
		return
	}
	fmt.Fprintf(text, "%d items listed (%s): %d created, %d updated, %d deleted; %d events would be sent\n",
		r.Seen, r.Coverage, r.Created, r.Updated, r.Deleted, r.Events)
	if plan.Silent {
		text.WriteString("This would be the first poll: it takes the baseline, and sends nothing.\n")
	}
	if r.Hold != nil {
		fmt.Fprintf(text, "It would be held: %s\n", r.Hold.Reason)
	}
}
