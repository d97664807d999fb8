package bridge

import (
	"context"
	"log/slog"
	"net"

	"github.com/hashicorp/hcl/v2"
)

// Kind is a plugin: the first label of a block picks it, and the part of the body that the core does not
// know is handed to New, which decodes and validates it and builds the plugin. New does no I/O beyond what
// the config's own functions do, and reports every mistake it finds, not only the first.
//
// Kinds are values in a list that a program passes on; nothing registers itself.
type Kind[P any] struct {
	Name string
	New  func(body hcl.Body, env Env) (P, hcl.Diagnostics)

	// Repeats says of a source that one answer may well hold a key twice: the first one counts then, unless
	// the block says otherwise.
	Repeats bool
}

// Env is what a plugin gets from the program around it.
type Env struct {
	Name    string           // the second label of the block: the name of the source or sink
	Eval    *hcl.EvalContext // functions of the configuration language; no variables
	Version string           // of hookbridge, for the user agent
	Temp    string           // a directory for bodies too large for memory; "" is the system's
	Log     *slog.Logger     // for what is not an error; nil is silent

	// Dial opens connections; nil is a net.Dialer. Tests put an in-memory network here.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}
