package upstream

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
)

// Serve is the upstream's process.
func Serve() error { return child.Serve(&Service{served: map[string]*served{}}) }

// Service is what the parent process calls, by net/rpc.
type Service struct {
	served map[string]*served

	mu      sync.Mutex
	journal []Answer
}

// Open serves collections on a loopback address.
func (s *Service) Open(specs []Spec, address *string) error {
	mux := http.NewServeMux()
	for _, spec := range specs {
		one := newServed(spec, s.note)
		s.served[spec.Name] = one
		mux.Handle("GET /"+spec.Name, one)
		mux.Handle("GET /"+spec.Name+"/{part}", one)
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	*address = listener.Addr().String()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _, _ = fmt.Fprintln(os.Stderr, "upstream:", server.Serve(listener)) }()
	return nil
}

func (s *Service) note(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, a)
}

// Change lets a collection change, and answers with a hash of how.
func (s *Service) Change(change Change, folded *uint64) error {
	one := s.served[change.Name]
	if one == nil {
		return fmt.Errorf("there is no collection %q", change.Name)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	var changes []collection.Change
	for _, position := range change.Positions {
		changes = append(changes, one.items.Update(position))
	}
	if len(change.Positions) == 0 {
		changes = one.items.Change(change.Mix)
	}
	*folded = fold(changes)
	one.changed(changes)
	return nil
}

// Freeze ends the changing of the volatile field of a collection.
func (s *Service) Freeze(name string, views *uint32) error {
	one := s.served[name]
	if one == nil {
		return fmt.Errorf("there is no collection %q", name)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.spec.Volatile = false
	*views = one.items.Views
	return nil
}

// finish waits for answers that are being written: who has read one to its end finds it in the journal.
func (s *Service) finish() {
	for _, one := range s.served {
		one.mu.Lock()
		one.mu.Unlock() //nolint:staticcheck // it was waited for
	}
}

// Journal answers with what was answered since the last call.
func (s *Service) Journal(_ struct{}, answers *[]Answer) error {
	s.finish()
	s.mu.Lock()
	defer s.mu.Unlock()
	*answers, s.journal = s.journal, nil
	return nil
}

// Answered answers with the number of answers in the journal.
func (s *Service) Answered(_ struct{}, count *int) error {
	s.finish()
	s.mu.Lock()
	defer s.mu.Unlock()
	*count = len(s.journal)
	return nil
}
