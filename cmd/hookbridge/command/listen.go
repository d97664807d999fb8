package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/cmd/hookbridge/command/receiver"
)

// secretVariable names the secret of a receiver in the environment, where no process list shows it.
const secretVariable = "RECEIVER_SECRET"

// Bounds of listening.
const (
	maxSecretFile = 64 << 10
	maxDelay      = 10 * time.Minute
	mostAtATime   = 64 // connections
)

// listening is what the flags of listen say.
type listening struct {
	address  string
	file     string
	unsigned bool
	full     bool
	respond  string
	delay    time.Duration
	forward  string
}

func (p *program) listen() *cobra.Command {
	var l listening
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive webhooks, verify them, print them",
		Long: "Receive webhooks, check their signatures in every way that there is, and print them: on a terminal with\n" +
			"headers and body, and with what changed marked; elsewhere a line for each.\n\n" +
			"The keys come from --secret-file, one a line, or from the environment variable " + secretVariable + ":\n" +
			"whsec_… for Standard Webhooks, any text as a secret of GitHub or Stripe, either for HTTP message signatures,\n" +
			"and whpk_…, the public key of a pair. Without any a secret is made up and printed.",
		Example: "  hookbridge listen --respond 500,429:retry-after=5,204 --delay 2s\n" +
			"  hookbridge listen --forward http://127.0.0.1:3000/hook",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("full") {
				l.full = isTerminal(p.stdout)
			}
			options, err := p.receiverOptions(l)
			if err != nil {
				return err
			}
			return p.runListen(cmd.Context(), l, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&l.address, "address", "127.0.0.1:7677", "listen on this `address`")
	flags.StringVar(&l.file, "secret-file", "", "read the keys from this `file`")
	flags.BoolVar(&l.unsigned, "unsigned", false, "take what is not signed as well")
	flags.BoolVar(&l.full, "full", false, "print headers and body; default on a terminal")
	flags.StringVar(&l.respond, "respond", "", "answer with these `statuses`, one after the other, the last one from then on")
	flags.DurationVar(&l.delay, "delay", 0, "answer after this `time`")
	flags.StringVar(&l.forward, "forward", "", "pass requests on to this `URL`, and give its answers")
	return cmd
}

// receiverOptions makes of flags what a receiver works by.
func (p *program) receiverOptions(l listening) (o receiver.Options, err error) {
	o = receiver.Options{Out: p.stdout, View: p.view(l.full), Unsigned: l.unsigned, Delay: l.delay}
	o.Color = isTerminal(p.stdout) && os.Getenv("NO_COLOR") == ""
	switch {
	case l.delay < 0 || l.delay > maxDelay:
		return o, usage(fmt.Errorf("--delay takes up to %s", maxDelay))
	case l.respond != "" && l.forward != "":
		return o, usage(errors.New("--respond and --forward exclude each other: the answer is the app's"))
	case l.respond != "":
		o.Answers, err = receiver.ParseAnswers(l.respond)
	case l.forward != "":
		o.Forward, err = receiver.ParseForward(l.forward)
	}
	if err != nil {
		return o, usage(err)
	}
	o.Keys, err = p.receiverKeys(l)
	return o, err
}

func (p *program) view(full bool) receiver.View {
	switch {
	case p.json:
		return receiver.JSON
	case full:
		return receiver.Page
	}
	return receiver.Line
}

// receiverKeys reads the keys, or makes one.
func (p *program) receiverKeys(l listening) (receiver.Keys, error) {
	text := os.Getenv(secretVariable)
	if l.file != "" {
		given, err := readSecretFile(l.file)
		if err != nil {
			return receiver.Keys{}, err
		}
		text = given
	} else if text == "" && l.unsigned {
		return receiver.Keys{}, nil
	} else if text == "" {
		text = signature.NewSecret()
		_, _ = fmt.Fprintf(p.stderr, "no secret was given; this one is new: export %s=%s\n", secretVariable, text)
	}
	keys, err := receiver.ParseKeys(text)
	if err != nil {
		return keys, usage(err)
	}
	if misfit := keys.Misfit(); misfit != nil {
		_, _ = fmt.Fprintf(p.stderr, "a secret cannot verify Standard Webhooks, only what Stripe and GitHub sign: %v\n", misfit)
	}
	return keys, nil
}

func readSecretFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err == nil && len(text) > maxSecretFile {
		return "", usage(fmt.Errorf("read %s: it has more than %d bytes", path, maxSecretFile))
	}
	return string(text), err
}

func (p *program) runListen(ctx context.Context, l listening, options receiver.Options) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.stderr, "listening on http://%s/\n", listener.Addr())
	server := &http.Server{
		Handler:           receiver.New(options),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2*time.Minute + l.delay,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(netutil.LimitListener(listener, mostAtATime)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
