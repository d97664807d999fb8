package bridge

import (
	"context"
	"iter"
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

	// ForEach says of a source that it can list once for each item of another one (Env.ForEach).
	ForEach bool
}

// Env is what a plugin gets from the program around it.
type Env struct {
	Name    string           // the second label of the block: the name of the source or sink
	Eval    *hcl.EvalContext // functions of the configuration language; no variables
	Version string           // of hookbridge, for the user agent
	Temp    string           // a directory for bodies too large for memory; "" is the system's
	Log     *slog.Logger     // for what is not an error; nil is silent

	// Budget returns what the requests of the block take from, by the origin that they go to, such as
	// "https://api.example.com:443". Nil: nothing is shared with other blocks.
	Budget func(origin string) Budget

	// Idle bounds how many servers a connection is kept open to between polls; nil: as many as are polled often.
	Idle Places

	// Commons are where blocks find what they have in common; nil: each has everything to itself.
	Commons *Commons

	// Dial opens connections; nil is a net.Dialer. Tests put an in-memory network here.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Resolver looks names up, where Dial is nil; nil is the system's.
	Resolver *net.Resolver

	// ForEach names the source for whose items this one lists; "" is none.
	ForEach string

	// Items yields what is known of another source, as it was last committed, in no particular order. The
	// error says that this cannot be told: then nothing may be concluded from what was yielded. Nil in
	// programs without state.
	Items func(ctx context.Context, source string) iter.Seq2[Item, error]

	// Getenv reads the environment of the process, for conventions such as NO_PROXY; nil is an empty one.
	Getenv func(name string) (value string, found bool)

	// Open reports whether the block says a word openly, other than in the arguments of functions that yield secrets:
	// such a word is no secret, although it may be a part of one. It is for New alone; nil: the block says none.
	Open func(word string) bool

	// Tape is what the requests for pages go through; nil: they go out as they are.
	Tape Tape

	// Random yields numbers from 0 up to 1, by which waits differ; nil is the runtime's. A simulation, whose runs
	// are to repeat themselves, has one of its own.
	Random func() float64

	// Keep is durable; nil: there is nowhere to keep anything.
	Keep Keep

	// Refer resolves the expression of an attribute that names a block of a type at the top of the
	// configuration, such as auth.github, and reports one that names none. nil: there are no such blocks.
	Refer func(x hcl.Expression, block string) (*Shared, hcl.Diagnostics)
}

// Keep is a small durable memory for what a plugin must not lose and no config can hold: a refresh token that
// took the place of another. Values are secrets. It is safe for concurrent use.
type Keep interface {
	// Load returns what was saved last under the name, nil where nothing was.
	Load(ctx context.Context, name string) ([]byte, error)

	// Save returns when the value is synced to disk, or was not saved.
	Save(ctx context.Context, name string, value []byte) error
}

// Shared is a block at the top of the configuration that several blocks use by reference.
type Shared struct {
	Kind string // its first label
	Name string // its second label
	At   hcl.Range
	Body hcl.Body
	Eval *hcl.EvalContext

	// Once returns what make made of the block for the first who asked, for all who refer to it and for as long
	// as the block stays as it is, over reloads as well. What came with an error is made anew each time.
	Once func(make func() (any, hcl.Diagnostics)) (any, hcl.Diagnostics)
}

// Places are a number of places that a program has to give, such as [golang.org/x/sync/semaphore.Weighted].
type Places interface {
	TryAcquire(n int64) bool
	Release(n int64)
}
