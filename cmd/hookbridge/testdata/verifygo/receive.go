package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/cloudevents/sdk-go/v2/binding"
	cloudevents "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// receive runs the receiver of CloudEvents' SDK, which takes events of one origin after a handshake. It prints its
// URL, and then a line for each event.
func receive(ctx context.Context, origin string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	receiver, err := cloudevents.New(cloudevents.WithListener(listener),
		cloudevents.WithDefaultOptionsHandlerFunc([]string{"POST"}, 6000, []string{origin}, false))
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- receiver.OpenInbound(ctx) }()
	for {
		message, err := receiver.Receive(ctx)
		if errors.Is(err, io.EOF) {
			return <-failed
		}
		if err != nil {
			return err
		}
		e, err := binding.ToEvent(ctx, message)
		if err == nil {
			err = e.Validate()
		}
		fmt.Printf("%s %s %s %v\n", e.Type(), e.Source(), e.ID(), err)
		_ = message.Finish(nil) // the answer
	}
}
