package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Serve answers on a listener until ctx ends, with limits that fit the API: a slow client is cut off, an
// answer that takes long to find is not. Requests under way then see their context end, and have the grace
// to say so. Serve closes the listener, returns when nothing asks the bridge any more, and returns nil after
// ctx has ended.
func Serve(ctx context.Context, listener net.Listener, api http.Handler, log *slog.Logger) error {
	gate := &gate{next: api}
	defer gate.close()
	server := &http.Server{
		Handler:        gate,
		ReadTimeout:    readWithin,
		WriteTimeout:   writeWithin, // show and act put it off until there is an answer
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: maxHeader,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		shutdown(context.WithoutCancel(ctx), server)
	})
	err := server.Serve(listener)
	if stop() {
		_ = server.Close() // what is left of it
		return fmt.Errorf("serve operators: %w", err)
	}
	<-ended
	return nil
}

// grace is how long answers may take once all requests were told to end.
const grace = 2 * time.Second

func shutdown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close() // the listener is closed already, and the clients were told
	}
}

// gate knows what is under way: a server that is closed does not wait for it, and what the bridge works on is
// closed next.
type gate struct {
	next   http.Handler
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		return
	}
	defer g.inside.Done()
	g.next.ServeHTTP(w, r)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

// close lets nobody in any more, and waits for those inside.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}
