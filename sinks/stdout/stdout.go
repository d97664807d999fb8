// Package stdout is the sink that prints: one line of JSON per event, whole lines only. It is for trying
// things out, and for daemons whose output is collected.
package stdout

import (
	"context"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/internal/line"
)

// Kind returns the plugin, whose sinks all print to w and take turns at it. A write is not cut off when an
// attempt's time is over: nothing is known of a line that is half out.
func Kind(w io.Writer) bridge.Kind[bridge.Sink] {
	out := &output{gate: line.NewGate(), to: w}
	return bridge.Kind[bridge.Sink]{
		Name: "stdout",
		New: func(body hcl.Body, _ bridge.Env) (bridge.Sink, hcl.Diagnostics) {
			return out, gohcl.DecodeBody(body, nil, &struct{}{})
		},
	}
}

type output struct {
	gate line.Gate
	to   io.Writer
	torn bool // the last line is not complete
}

// Send prints the event.
func (o *output) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	if err := o.gate.Enter(ctx); err != nil {
		return bridge.Receipt{}, fmt.Errorf("print event: %w", err)
	}
	defer o.gate.Leave()
	text := line.Of(e)
	if o.torn {
		text = append([]byte("\n"), text...)
	}
	written, err := o.to.Write(text)
	if err != nil {
		o.torn = o.torn || written > 0
		return bridge.Receipt{}, fmt.Errorf("print event: %w", err)
	}
	o.torn = false
	return bridge.Receipt{}, nil
}
