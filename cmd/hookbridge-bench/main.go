// Command hookbridge-bench measures hookbridge against plain programs that do the least of the same work, and against
// what people use instead, and checks that what it measured was right.
//
// It lives in the module of the program, and not in one of its own, so that `go run ./cmd/hookbridge-bench` works and the
// checks of the module hold for it; what it needs besides the program, a library that draws, stays out of the program's
// binary, which a test sees to. It runs on Linux.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "hookbridge-bench:", err)
		os.Exit(1)
	}
}
