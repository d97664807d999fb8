package receiver

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // of the test

const event = `{"type":"items.updated","timestamp":"2026-11-23T08:43:24.123Z",` +
	`"data":{"source":"items","key":"42","change":"updated","before":{"id":42},"after":{"id":42,"x":1}}}`

func open(t *testing.T, manner Manner) (*Service, string) {
	t.Helper()
	s := &Service{changed: make(chan struct{})}
	if err := s.Behave(manner, nil); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.take))
	server.Config.ConnState = s.receive
	server.Start()
	t.Cleanup(server.Close)
	return s, server.URL
}

// send sends a body, signed for an id where there is one, and returns the status.
func send(t *testing.T, url, id, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if id != "" {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		signature, err := signer.Sign(id, now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Webhook-Id", id)
		request.Header.Set("Webhook-Timestamp", fmt.Sprint(now.Unix()))
		request.Header.Set("Webhook-Signature", signature)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func arrivals(t *testing.T, s *Service) (all []Arrival) {
	t.Helper()
	for {
		var some []Arrival
		if err := s.Arrivals(struct{}{}, &some); err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

func TestEventsAreReadAndTheirSignaturesChecked(t *testing.T) {
	s, url := open(t, Manner{Secret: secret})
	send(t, url, "evt_1", event)
	if err := s.Behave(Manner{Secret: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}, nil); err != nil {
		t.Fatal(err)
	}
	send(t, url, "evt_2", event)
	all := arrivals(t, s)
	if len(all) != 2 || all[0].Fault == "" {
		t.Fatalf("with another secret: %+v", all)
	}
	s, url = open(t, Manner{Secret: secret})
	send(t, url, "evt_3", event)
	got := arrivals(t, s)[0]
	want := Arrival{
		At: got.At, ID: "evt_3", Source: "items", Key: "42", Change: "updated",
		Before: collection.Hash([]byte(`{"id":42}`)), After: collection.Hash([]byte(`{"id":42,"x":1}`)),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWhatOthersSendIsTheItemAlone(t *testing.T) {
	s, url := open(t, Manner{})
	send(t, url, "", `{"id":7}`)
	if all := arrivals(t, s); len(all) != 1 || all[0].Key != "7" || all[0].ID != "" || all[0].Fault != "" {
		t.Errorf("%+v", all)
	}
}

func TestWhatIsRefusedIsNotTaken(t *testing.T) {
	s, url := open(t, Manner{Fails: 0.5})
	taken := 0
	for range 100 {
		if send(t, url, "", event) == http.StatusOK {
			taken++
		}
	}
	if count := len(arrivals(t, s)); count != taken || taken < 20 || taken > 80 {
		t.Errorf("%d were answered with 200, and %d taken", taken, count)
	}
	s, url = open(t, Manner{Down: true})
	if status := send(t, url, "", event); status != http.StatusServiceUnavailable || len(arrivals(t, s)) != 0 {
		t.Errorf("status %d", status)
	}
}

func TestBeyondTheMostThatIsTakenRequestsWait(t *testing.T) {
	s, url := open(t, Manner{Most: 1})
	send(t, url, "", event)
	answered := make(chan int)
	go func() { answered <- send(t, url, "", event) }()
	select {
	case status := <-answered:
		t.Fatalf("status %d", status)
	case <-time.After(50 * time.Millisecond):
	}
	if err := s.Behave(Manner{}, nil); err != nil {
		t.Fatal(err)
	}
	if status := <-answered; status != http.StatusOK || len(arrivals(t, s)) != 2 {
		t.Errorf("status %d", status)
	}
}

func TestOnceItsConnectionIsClosedNothingOfASenderIsTaken(t *testing.T) {
	s, url := open(t, Manner{Most: -1})
	var dialer net.Dialer
	sender, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(sender, "POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: %d\r\n\r\n%s", len(event), event); err != nil {
		t.Fatal(err)
	}
	guests := func(want int) {
		for got := -1; got != want; runtime.Gosched() {
			if err := s.Guests(struct{}{}, &got); err != nil {
				t.Fatal(err)
			}
		}
	}
	guests(1)
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	guests(0)
	if err := s.Behave(Manner{}, nil); err != nil {
		t.Fatal(err)
	}
	if all := arrivals(t, s); len(all) != 0 {
		t.Errorf("taken: %+v", all)
	}
}

func TestTheTallyHasTheFirstAndTheLast(t *testing.T) {
	s, url := open(t, Manner{Delay: 10 * time.Millisecond})
	for range 3 {
		send(t, url, "", event)
	}
	var tally Tally
	if err := s.Tally(struct{}{}, &tally); err != nil {
		t.Fatal(err)
	}
	if tally.Count != 3 || tally.Bytes != 3*len(event) || tally.Last.Sub(tally.First) < 20*time.Millisecond || tally.Done < tally.Last {
		t.Errorf("%+v", tally)
	}
}
