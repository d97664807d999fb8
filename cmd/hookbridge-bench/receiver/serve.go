package receiver

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// Serve is the receiver's process.
func Serve() error { return child.Serve(&Service{changed: make(chan struct{})}) }

// Service is what the parent process calls, by net/rpc.
type Service struct {
	buffers sync.Pool

	mu       sync.Mutex
	manner   Manner
	changed  chan struct{} // closed when there is another manner
	verifier *standardwebhooks.Webhook
	kept     keep
	tally    Tally
	guests   int // open connections
}

// Open takes requests on a loopback address.
func (s *Service) Open(manner Manner, url *string) error {
	if err := s.Behave(manner, nil); err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	*url = "http://" + listener.Addr().String() + "/"
	server := &http.Server{Handler: http.HandlerFunc(s.take), ConnState: s.receive, ReadHeaderTimeout: time.Minute}
	go func() { _, _ = fmt.Fprintln(os.Stderr, "receiver:", server.Serve(listener)) }()
	return nil
}

// receive counts the connections.
func (s *Service) receive(_ net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.guests++
	case http.StateClosed, http.StateHijacked:
		s.guests--
	case http.StateActive, http.StateIdle:
	}
}

// Behave sets the manner.
func (s *Service) Behave(manner Manner, _ *struct{}) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.verifier = nil; manner.Secret != "" {
		s.verifier, err = standardwebhooks.NewWebhook(manner.Secret)
	}
	s.manner = manner
	close(s.changed)
	s.changed = make(chan struct{})
	return err
}

// take is one request.
func (s *Service) take(w http.ResponseWriter, r *http.Request) {
	buffer, _ := s.buffers.Get().(*[]byte)
	if buffer == nil {
		buffer = new([]byte)
	}
	defer s.buffers.Put(buffer)
	if err := readAll(buffer, r); err != nil {
		return // its sender is gone
	}
	delay, status := s.decide(r, *buffer)
	if status != http.StatusOK {
		w.WriteHeader(status)
		return
	}
	if delay > 0 && measure.Sleep(delay) != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	s.done()
}

func readAll(buffer *[]byte, r *http.Request) error {
	if r.ContentLength < 0 {
		all, err := io.ReadAll(r.Body)
		*buffer = all
		return err
	}
	if int64(cap(*buffer)) < r.ContentLength {
		*buffer = make([]byte, r.ContentLength)
	}
	*buffer = (*buffer)[:r.ContentLength]
	_, err := io.ReadFull(r.Body, *buffer)
	return err
}

// decide takes a request, or says with which status it is refused. It may wait for another manner.
func (s *Service) decide(r *http.Request, body []byte) (delay time.Duration, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.manner.Most < 0 {
		if !s.await(r) {
			return 0, http.StatusServiceUnavailable
		}
	}
	switch {
	case s.manner.Down:
		return 0, http.StatusServiceUnavailable
	case s.manner.Fails > 0 && rand.Float64() < s.manner.Fails:
		return 0, http.StatusInternalServerError
	}
	if s.manner.Most > 0 {
		s.manner.Most--
		if s.manner.Most == 0 {
			s.manner.Most = -1 // that was the last one
		}
	}
	s.record(r, body)
	return s.manner.Delay, http.StatusOK
}

// await waits for another manner, without the lock, unless the request's sender goes away.
func (s *Service) await(r *http.Request) bool {
	changed := s.changed
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-changed:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Service) record(r *http.Request, body []byte) {
	now := measure.Now()
	s.kept.add(now, r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature"), body)
	if s.tally.Count == 0 {
		s.tally.First = now
	}
	s.tally.Count++
	s.tally.Bytes += len(body)
	s.tally.Last = now
}

func (s *Service) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Done = measure.Now()
}

// Tally answers with the tally.
func (s *Service) Tally(_ struct{}, tally *Tally) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*tally = s.tally
	return nil
}

// Guests answers how many connections are open.
func (s *Service) Guests(_ struct{}, guests *int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*guests = s.guests
	return nil
}

// Forget begins a new tally.
func (s *Service) Forget(struct{}, *struct{}) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally = Tally{}
	return nil
}

// Arrivals answers with some of what was kept, which is kept no more, and with nothing at the end.
func (s *Service) Arrivals(_ struct{}, arrivals *[]Arrival) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*arrivals = s.kept.take(s.verifier)
	return nil
}
