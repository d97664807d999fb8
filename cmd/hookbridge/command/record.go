package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

func (p *program) sourceRecord() *cobra.Command {
	var want admin.RecordRequest
	cmd := &cobra.Command{
		Use:   "record NAME FOLDER",
		Short: "Record the requests and answers of a poll that changes nothing, for source replay",
		Long: "Poll a source now, with the configuration as it stands in its files, and keep each request and its answer\n" +
			"in a new folder, as small files to read, change and check in. Nothing is compared, written to the state or\n" +
			"sent. Secrets are left out: a stand-in takes the place of all that env, file and credential yield, and requests\n" +
			"for tokens are not recorded. What the API tells is kept: look through it before you publish it.\n\n" +
			"Everything is listed; with --since-last only what the next poll would ask for, by the cursor of the state.\n" +
			"Where the daemon runs it is asked, since it holds the state.",
		Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, given []string) error {
			if err := tape.Vacant(given[1]); err != nil {
				return usage(err)
			}
			recorded, err := p.makeRecording(cmd.Context(), given[0], want)
			if err != nil {
				return err
			}
			if err := tape.Write(given[1], recorded.Files); err != nil {
				return err
			}
			return p.showRecording(recorded.Recording, given[1])
		},
	}
	cmd.Flags().BoolVar(&want.SinceLast, "since-last", false, "only what the next poll would ask for, of a source with a cursor")
	return cmd
}

// makeRecording asks the daemon, and opens the state itself where none answers.
func (p *program) makeRecording(ctx context.Context, source string, want admin.RecordRequest) (admin.Recorded, error) {
	client, err := p.client()
	if err != nil {
		return admin.Recorded{}, err
	}
	recorded, err := client.Record(ctx, source, want)
	if p.admin != "" || !errors.Is(err, admin.ErrUnreachable) {
		return recorded, err
	}
	return daemon.Record(ctx, p.apart(), source, want)
}

// apart is how a source is polled where no daemon runs.
func (p *program) apart() daemon.Options {
	log := slog.New(slog.DiscardHandler)
	return daemon.Options{Path: p.path, Config: p.options(log), Log: log, Version: Version()}
}

func (p *program) showRecording(r admin.Recording, folder string) error {
	var err error
	switch {
	case p.json:
		err = p.write(r, p.stdout)
	case r.Error != "":
		_, err = fmt.Fprintf(p.stdout, "%s: the poll failed, and is recorded as far as it came: %d exchanges in %s\n",
			r.Source, r.Exchanges, folder)
		_, _ = fmt.Fprintf(p.stderr, "hookbridge: %s\n", r.Error)
	default:
		_, err = fmt.Fprintf(p.stdout, "%s: %d items listed (%s) in %s, %d exchanges recorded in %s\n"+
			"replay them with: hookbridge source replay %s %s --config %s\n",
			r.Source, r.Items, r.Coverage, r.Took, r.Exchanges, folder, r.Source, folder, p.path)
	}
	if err == nil && r.Error != "" {
		return errSaid
	}
	return err
}
