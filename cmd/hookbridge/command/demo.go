package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/cmd/hookbridge/command/receiver"
	"github.com/hookbridge/hookbridge/examples"
)

func (p *program) demo() *cobra.Command {
	var length time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it work: a sample API that changes, the bridge, and a receiver that verifies",
		Long: "Run everything in one process, on loopback addresses and in a temporary directory: a sample API that\n" +
			"changes, the bridge with the configuration of examples/quickstart, and a receiver that checks each\n" +
			"signature and prints each event. It ends on Ctrl-C, or after --for.",
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if length > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, length)
				defer cancel()
			}
			return p.runDemo(ctx)
		},
	}
	cmd.Flags().DurationVar(&length, "for", 0, "end after this `time`")
	return cmd
}

// runDemo runs the sample API, the receiver and the bridge until ctx ends.
func (p *program) runDemo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "hookbridge-demo-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(dir, quickstart()); err != nil {
		return fmt.Errorf("lay out the example: %w", err)
	}
	secret := signature.NewSecret()
	keys, err := receiver.ParseKeys(secret)
	if err != nil {
		return err
	}
	api := newShop()
	apiURL, closeAPI, err := serveLocal(ctx, api)
	if err != nil {
		return err
	}
	defer closeAPI()
	verifying := receiver.New(receiver.Options{Out: p.stdout, View: p.view(false), Keys: keys})
	receiverURL, closeReceiver, err := serveLocal(ctx, verifying)
	if err != nil {
		return err
	}
	defer closeReceiver()
	ticker := time.NewTicker(1500 * time.Millisecond)
	defer ticker.Stop()
	var living sync.WaitGroup
	defer living.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	living.Go(func() { api.live(ticker.C, ctx.Done()) })
	p.introduce(apiURL, receiverURL)
	return p.bridgeDemo(ctx, dir, map[string]string{
		"API_URL": apiURL + "/orders", "RECEIVER_URL": receiverURL + "/", "RECEIVER_SECRET": secret,
		"STATE_DIRECTORY": filepath.Join(dir, "state"),
	})
}

func quickstart() fs.FS {
	files, err := fs.Sub(examples.Files, "quickstart")
	if err != nil {
		panic(err) // the name above is wrong
	}
	return files
}

// serveLocal serves on a free loopback port.
func serveLocal(ctx context.Context, handler http.Handler) (url string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}

func (p *program) introduce(api, receiver string) {
	if p.json {
		return
	}
	_, _ = fmt.Fprintf(p.stdout, "A shop's API at %s/orders changes every moment, and has no webhooks.\n"+
		"A receiver at %s wants to be told. hookbridge polls the one and tells the other,\n"+
		"with the two files of examples/quickstart. Ctrl-C ends it.\n\n", api, receiver)
}

func (p *program) bridgeDemo(ctx context.Context, dir string, environment map[string]string) error {
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	options := p.options(log)
	options.Getenv = func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	err := daemon.Run(ctx, daemon.Options{Path: dir, Config: options, Log: log, Version: Version()})
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
