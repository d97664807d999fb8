package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// secretVariable names the secret of a receiver in the environment, where no process list shows it.
const secretVariable = "RECEIVER_SECRET"

func (p *program) listen() *cobra.Command {
	var address, file string
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive webhooks, verify them, print them",
		Long: "Receive webhooks, check their signatures, and print a line for each. The secret comes from --secret-file,\n" +
			"or from the environment variable " + secretVariable + "; without either one is made up and printed.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := p.receiverKey(file)
			if err != nil {
				return err
			}
			return p.runListen(cmd.Context(), address, key)
		},
	}
	cmd.Flags().StringVar(&address, "address", "127.0.0.1:7677", "listen on this `address`")
	cmd.Flags().StringVar(&file, "secret-file", "", "read the secret from this `file`")
	return cmd
}

func (p *program) receiverKey(file string) (signature.Key, error) {
	secret := os.Getenv(secretVariable)
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return signature.Key{}, err
		}
		secret = strings.TrimSpace(string(text))
	}
	if secret == "" {
		secret = signature.NewSecret()
		_, _ = fmt.Fprintf(p.stderr, "no secret was given; this one is new: export %s=%s\n", secretVariable, secret)
	}
	key, err := signature.ParseSecret(secret)
	if err != nil {
		return key, usage(err)
	}
	return key, nil
}

func (p *program) runListen(ctx context.Context, address string, key signature.Key) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.stderr, "listening on http://%s/\n", listener.Addr())
	server := &http.Server{Handler: newReceiver(p.stdout, p.json, key), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
