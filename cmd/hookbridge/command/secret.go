package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

func (p *program) secret() *cobra.Command {
	return group(&cobra.Command{Use: "secret", Short: "Make secrets for signing"}, p.secretNew())
}

func (p *program) secretNew() *cobra.Command {
	var pair bool
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Print a new secret that a sink signs with and its receiver verifies with",
		Long: "Print a new secret that a sink signs with and its receiver verifies with.\n" +
			"With --ed25519 it is a pair of keys: the private one (whsk_…), with which sign \"ed25519\" and\n" +
			"\"http_message\" sign, goes to standard output, and the public one (whpk_…), with which anybody\n" +
			"verifies, to standard error.",
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if pair {
				return p.newKeyPair()
			}
			return p.newSecret()
		},
	}
	cmd.Flags().BoolVar(&pair, "ed25519", false, "print a new pair of keys instead, private and public")
	return cmd
}

func (p *program) newSecret() error {
	secret := signature.NewSecret()
	if p.json {
		return p.write(map[string]string{"secret": secret}, p.stdout)
	}
	_, err := fmt.Fprintln(p.stdout, secret)
	return err
}

// newKeyPair keeps the two apart, so that a script which takes the output has the one that is secret.
func (p *program) newKeyPair() error {
	private, public := signature.NewKeyPair()
	if p.json {
		return p.write(map[string]string{"private_key": private, "public_key": public}, p.stdout)
	}
	if _, err := fmt.Fprintln(p.stdout, private); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stderr, "the public key, for receivers: %s\n", public)
	return err
}
