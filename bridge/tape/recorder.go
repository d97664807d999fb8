package tape

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// DefaultRoom is how large the exchanges of a recording may be, all together.
const DefaultRoom = 64 * setting.MiB

// A Recorder notes what goes by. It fulfils [bridge.Tape].
type Recorder struct {
	room setting.Bytes

	mu        sync.Mutex
	left      int64
	notes     []*note // in the order of their requests
	concealed func() bridge.Concealed
	full      bool
}

var _ bridge.Tape = (*Recorder)(nil)

// NewRecorder makes a recorder of exchanges of up to so many bytes.
func NewRecorder(room setting.Bytes) *Recorder { return &Recorder{room: room, left: int64(room)} }

// Conceal is described at [bridge.Tape].
func (r *Recorder) Conceal(what func() bridge.Concealed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.concealed = what
}

// Playing is described at [bridge.Tape].
func (r *Recorder) Playing() (time.Time, bool) { return time.Time{}, false }

// Through is described at [bridge.Tape].
func (r *Recorder) Through(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) { return r.pass(req, next) })
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A note is an exchange as it went by.
type note struct {
	method, url string
	header      http.Header
	asked       []byte // the body of the request

	status    int // 0: there was no answer
	answer    http.Header
	unbounded bool
	body      bytes.Buffer
	ended     bool   // the body was read to its end
	failure   string // of the request, or of the reading of the body
}

// pass lets a request through, and notes what is read of its answer.
func (r *Recorder) pass(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	n := &note{method: req.Method, url: req.URL.String(), header: req.Header.Clone()}
	var err error
	if n.asked, err = bodyOf(req); err != nil {
		return nil, fmt.Errorf("record request: %w", err)
	}
	r.locked(func() { err = r.begin(n) })
	if err != nil {
		return nil, err
	}
	resp, err := next.RoundTrip(req)
	r.locked(func() {
		if err != nil {
			n.failure = err.Error()
			return
		}
		n.status, n.answer = resp.StatusCode, resp.Header.Clone()
		r.left -= sizeOf(n.answer)
		n.unbounded = resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.ProtoMajor < 2 && !resp.Uncompressed
		resp.Body = &noted{ReadCloser: resp.Body, recorder: r, note: n}
	})
	return resp, err
}

func (r *Recorder) locked(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
}

// begin notes a request, where there is room for it.
func (r *Recorder) begin(n *note) error {
	if r.left -= int64(len(n.url)+len(n.asked)) + sizeOf(n.header); r.left < 0 {
		r.full = true
		return r.overflow()
	}
	r.notes = append(r.notes, n)
	return nil
}

func sizeOf(header http.Header) int64 {
	size := 0
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return int64(size)
}

// bodyOf returns the body of a request without taking it away.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.GetBody == nil {
		return nil, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	return text, errors.Join(err, body.Close())
}

// noted is the body of an answer that is noted while it is read.
type noted struct {
	io.ReadCloser
	recorder *Recorder
	note     *note
}

func (b *noted) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.recorder.locked(func() { err = b.recorder.take(b.note, p[:n], err) })
	return n, err
}

// take notes a part of a body, and what came with it.
func (r *Recorder) take(n *note, part []byte, err error) error {
	if r.left -= int64(len(part)); r.left < 0 {
		r.full = true
		return r.overflow()
	}
	n.body.Write(part)
	switch {
	case errors.Is(err, io.EOF):
		n.ended = true
	case err != nil:
		n.failure = err.Error()
	}
	return err
}

func (r *Recorder) overflow() error {
	return fmt.Errorf("all exchanges together are larger than a recording may be (%s): record a source that lists less", r.room)
}

// rest is how much is read of a body whose reader has seen enough, such as the start of an error page.
const rest = 1 << 20

// Close reads what is left of the body, within reason.
func (b *noted) Close() error {
	b.recorder.mu.Lock()
	done := b.note.ended || b.note.failure != "" || b.recorder.full
	b.recorder.mu.Unlock()
	if !done {
		_, _ = io.Copy(io.Discard, io.LimitReader(b, rest)) // what can be had of it is noted
	}
	return b.ReadCloser.Close()
}

// Recording returns what was noted, without secrets. It is called once the poll has ended. Head says what a recorder
// does not know; its cursor and items are taken in without their secrets.
func (r *Recorder) Recording(head Recording) (*Recording, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return nil, r.overflow()
	}
	var concealed bridge.Concealed
	if r.concealed != nil {
		concealed = r.concealed()
	}
	hidden := conceal(concealed, r.hosts())
	head.Format, head.Readings, head.Exchanges = format, hidden.readings, nil
	for _, n := range r.notes {
		exchange, err := hidden.exchange(n)
		if err != nil {
			return nil, err
		}
		head.Exchanges = append(head.Exchanges, exchange)
	}
	return &head, hidden.head(&head)
}

// hosts are those of the servers that were asked.
func (r *Recorder) hosts() map[string]bool {
	hosts := map[string]bool{}
	for _, n := range r.notes {
		if u := parse(n.url); u != nil {
			hosts[u.Host] = true
		}
	}
	return hosts
}
