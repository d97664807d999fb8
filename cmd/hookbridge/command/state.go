package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func (p *program) state() *cobra.Command {
	return group(&cobra.Command{Use: "state", Short: "Back up the state, and restore it"},
		p.stateBackup(), p.stateRestore(), p.stateKey())
}

func (p *program) stateKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print a new key for state.encryption_key",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			key := store.NewKey()
			if p.json {
				return p.write(map[string]string{"key": key}, p.stdout)
			}
			_, err := fmt.Fprintln(p.stdout, key)
			return err
		},
	}
}

func (p *program) stateBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that the state holds at this moment to a file, or to standard output for -",
		Long: "Write all that the state holds at this moment to a file, or to standard output for -. The daemon is asked for\n" +
			"it, and goes on meanwhile; where none runs the state is opened. The file is replaced when the backup is whole. It\n" +
			"holds items, events and the tokens that credentials live on, and is encrypted where the state is: keep it like\n" +
			"the state.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			var h backup.Header
			var size int64
			write := func(to io.Writer) (err error) {
				h, size, err = p.writeBackup(cmd.Context(), to)
				return err
			}
			switch {
			case given[0] == "-":
				return write(p.stdout)
			case isStream(given[0]):
				return writeTo(given[0], write)
			}
			if err := replace(given[0], write); err != nil {
				return err
			}
			return p.tellBackup(given[0], h, size)
		},
	}
}

// writeBackup asks the daemon, and opens the state itself where none answers.
func (p *program) writeBackup(ctx context.Context, to io.Writer) (backup.Header, int64, error) {
	client, err := p.client()
	if err != nil {
		return backup.Header{}, 0, err
	}
	h, size, err := client.Backup(ctx, to)
	if p.admin != "" || !errors.Is(err, admin.ErrUnreachable) {
		return h, size, err
	}
	from, written := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := daemon.Backup(ctx, p.stateOptions(), written)
		_ = written.CloseWithError(err) // which never fails
		done <- err
	}()
	h, size, err = backup.Copy(to, from)
	_ = from.CloseWithError(err) // which never fails
	if cause := <-done; cause != nil && !errors.Is(cause, err) {
		err = cause
	}
	return h, size, err
}

func (p *program) stateOptions() daemon.Options {
	log := slog.New(slog.DiscardHandler)
	return daemon.Options{Path: p.path, Config: p.options(log), Log: log, Version: Version()}
}

func (p *program) tellBackup(path string, h backup.Header, size int64) error {
	if p.json {
		return p.write(map[string]any{
			"file": path, "bytes": size, "schema": h.Schema, "version": h.Version, "made": h.Made, "encrypted": h.Encrypted,
		}, p.stdout)
	}
	sort := "it is not encrypted, and whoever reads it reads the state"
	if h.Encrypted {
		sort = "it takes the encryption_key of the state to restore it"
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %d bytes, of the state at %s; %s\n", path, size, h.Made.Local().Format("2006-01-02 15:04:05"), sort)
	return err
}

func (p *program) stateRestore() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the state of a backup, or of standard input for -, where there is none yet",
		Long: "Make the state of a backup, or of standard input for -, in the directory that the configuration names, which\n" +
			"must be empty or not there. What goes wrong leaves nothing behind. The state is encrypted with the encryption_key\n" +
			"of the configuration, whatever the backup was encrypted with.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			key, err := readKey(keyFile)
			if err != nil {
				return err
			}
			from := os.Stdin
			if given[0] != "-" {
				if from, err = os.Open(given[0]); err != nil {
					return fmt.Errorf("open backup: %w", err)
				}
				defer func() { _ = from.Close() }()
			}
			h, path, err := daemon.Restore(cmd.Context(), p.stateOptions(), from, key)
			if errors.Is(err, store.ErrKey) && key == nil {
				return fmt.Errorf("%w: name the key that it was made with by --key-file", err)
			}
			if err != nil {
				return err
			}
			return p.tellRestore(path, h)
		},
	}
	cmd.Flags().StringVar(&keyFile, "key-file", "", "`file` with the key of the backup; default: the encryption_key of the configuration")
	return cmd
}

// maxKeyFile bounds the file of a key.
const maxKeyFile = 4 << 10

// readKey reads a key of a state from a file, in the form of a configuration's.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if len(text) > maxKeyFile {
		return nil, usage(fmt.Errorf("read key of %q: it has more than %d bytes", path, maxKeyFile))
	}
	key, err := store.ParseKey(string(text))
	if err != nil {
		return nil, usage(fmt.Errorf("read key of %q: %w", path, err))
	}
	return key, nil
}

func (p *program) tellRestore(path string, h backup.Header) error {
	if p.json {
		return p.write(map[string]any{"state": path, "schema": h.Schema, "version": h.Version, "made": h.Made}, p.stdout)
	}
	_, err := fmt.Fprintf(p.stdout, "restored to %s, as the state was at %s. What was pending then will be delivered (again), under the same ids.\n",
		path, h.Made.Local().Format("2006-01-02 15:04:05"))
	return err
}
