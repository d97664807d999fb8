package command

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

// A resource is what the daemon has several of, each under a name, and how it is shown.
type resource[T any] struct {
	*program
	list  func(*admin.Client, context.Context) ([]T, error)
	one   func(*admin.Client, context.Context, string) (T, error)
	table func([]T) error
}

// listing is the command that lists all.
func (r resource[T]) listing(short string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: short,
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := r.client()
			if err != nil {
				return err
			}
			all, err := r.list(client, cmd.Context())
			if err != nil {
				return err
			}
			return r.tell(all, all)
		},
	}
}

// showing is the command that shows all that is known of one.
func (r resource[T]) showing(short string) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: short,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := r.client()
			if err != nil {
				return err
			}
			one, err := r.one(client, cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return r.write(one, r.stdout)
		},
	}
}

// doing is the command that does something with one, and tells where it stands then.
func (r resource[T]) doing(
	verb, short string, do func(*admin.Client, context.Context, string) (T, error),
) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			client, err := r.client()
			if err != nil {
				return err
			}
			one, err := do(client, cmd.Context(), given[0])
			if err != nil {
				return err
			}
			return r.tell(one, []T{one})
		},
	}
}

// tell writes a value for machines, or rows for people.
func (r resource[T]) tell(value any, rows []T) error {
	if r.json {
		return r.write(value, r.stdout)
	}
	return r.table(rows)
}
