package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

func (p *program) secret() *cobra.Command {
	return group(&cobra.Command{Use: "secret", Short: "Make secrets for signing"}, &cobra.Command{
		Use:   "new",
		Short: "Print a new secret that a sink signs with and its receiver verifies with",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			secret := signature.NewSecret()
			if p.json {
				return p.write(map[string]string{"secret": secret}, p.stdout)
			}
			_, err := fmt.Fprintln(p.stdout, secret)
			return err
		},
	})
}
