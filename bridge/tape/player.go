package tape

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// ErrNotRecorded is wrapped by the error of a request to which a recording holds no answer.
var ErrNotRecorded = errors.New("the recording holds no answer")

// A Player answers out of a recording. It fulfils [bridge.Tape].
type Player struct {
	recording *Recording

	mu        sync.Mutex
	concealed func() bridge.Concealed
	mask      *mask // nil until the first request
	played    []int // how often, by exchange
	last      int   // exchange that was played; -1: none was
}

var _ bridge.Tape = (*Player)(nil)

// NewPlayer makes a player that has played nothing yet.
func NewPlayer(r *Recording) *Player {
	return &Player{recording: r, played: make([]int, len(r.Exchanges)), last: -1}
}

// Conceal is described at [bridge.Tape].
func (p *Player) Conceal(what func() bridge.Concealed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.concealed = what
}

// Playing is described at [bridge.Tape].
func (p *Player) Playing() (time.Time, bool) { return p.recording.Clock, true }

// Through is described at [bridge.Tape]. Nothing goes to next.
func (p *Player) Through(http.RoundTripper) http.RoundTripper { return roundTripper(p.answer) }

// Last names the file of the exchange that was played last, "" where none was.
func (p *Player) Last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last < 0 {
		return ""
	}
	return exchangeFile(p.last)
}

// Left names the files of the exchanges that nobody asked for.
func (p *Player) Left() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var left []string
	for i, times := range p.played {
		if times == 0 {
			left = append(left, exchangeFile(i))
		}
	}
	return left
}

func (p *Player) answer(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, fmt.Errorf("play request: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.hidden(req, body)
	i, err := p.find(asked)
	if err != nil {
		return nil, err
	}
	p.played[i]++
	p.last = i
	e := p.recording.Exchanges[i]
	if e.Answer == nil {
		return nil, errors.New(e.Failure)
	}
	return e.Answer.response(req), nil
}

// hidden returns a request as a recording has it.
func (p *Player) hidden(req *http.Request, body []byte) Request {
	if p.mask == nil {
		var c bridge.Concealed
		if p.concealed != nil {
			c = p.concealed()
		}
		m := newMask(kept(p.recording.Readings), c.Secrets)
		p.mask = &m
	}
	asked := Request{Method: req.Method, URL: p.mask.text(req.URL.String())}
	asked.setBody([]byte(p.mask.text(string(body))))
	return asked
}

// find picks the exchange for a request: of those that are alike the first that was not played.
func (p *Player) find(asked Request) (int, error) {
	var alike []int
	for i, e := range p.recording.Exchanges {
		if !e.Request.alike(asked) {
			continue
		}
		if alike = append(alike, i); p.played[i] == 0 {
			return i, nil
		}
	}
	if len(alike) == 0 {
		return 0, p.nearest(asked)
	}
	return 0, &playedOut{fmt.Sprintf("%s to a further %s %s: it was asked for %d times, the last one is %s",
		ErrNotRecorded, asked.Method, asked.URL, len(alike), exchangeFile(alike[len(alike)-1]))}
}

// A playedOut request was answered as often as it can be.
type playedOut struct{ text string }

func (p *playedOut) Error() string { return p.text }
func (p *playedOut) Is(target error) bool {
	return target == bridge.ErrPlayedOut || target == ErrNotRecorded
}

// nearest is the error of a request that is not recorded. It names the one that is most like it.
func (p *Player) nearest(asked Request) error {
	err := fmt.Errorf("%w to %s %s", ErrNotRecorded, asked.Method, asked.URL)
	if len(p.recording.Exchanges) == 0 {
		return fmt.Errorf("%w: it is empty", err)
	}
	most := slices.MaxFunc(p.recording.Exchanges, func(a, b Exchange) int {
		return a.Request.likeness(asked) - b.Request.likeness(asked)
	})
	i := slices.IndexFunc(p.recording.Exchanges, func(e Exchange) bool { return e.Request.likeness(asked) == most.Request.likeness(asked) })
	if most.Request.Method == asked.Method && normal(most.Request.URL) == normal(asked.URL) {
		return fmt.Errorf("%w with this body: %s has another one", err, exchangeFile(i))
	}
	return fmt.Errorf("%w: the nearest is %s, %s %s", err, exchangeFile(i), most.Request.Method, most.Request.URL)
}

// response plays an answer.
func (a *Answer) response(req *http.Request) *http.Response {
	resp := &http.Response{
		Status:     fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)),
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(len(a.body)), Request: req,
	}
	for name, values := range a.Headers {
		for _, value := range values {
			resp.Header.Add(name, value)
		}
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.Cut != "" {
		body = io.MultiReader(body, cut{})
	}
	if a.Unbounded {
		resp.ContentLength = -1
	}
	resp.Body = io.NopCloser(body)
	return resp
}

// cut is the end of a body that did not arrive as a whole.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
