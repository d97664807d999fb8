// Package receiver takes webhooks for people who write or try a receiver: it verifies each in every way that it is
// signed, prints it, and answers as it is told to, or as the app says that it passes them on to.
//
// What it prints comes from strangers: no control character of a request reaches the terminal, and each part has
// a bound.
package receiver

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Bounds of what a receiver takes and keeps.
const (
	maxBody  = 32 << 20 // of a request
	maxTaken = 10_000   // ids of webhooks that were taken
)

// Options say how a receiver works.
type Options struct {
	Out      io.Writer
	View     View
	Color    bool          // only pages have colours
	Keys     Keys          // none: signatures are not checked
	Unsigned bool          // takes what is not signed as well
	Answers  *Answers      // nil: 204 to all that is taken
	Delay    time.Duration // before each answer
	Forward  *url.URL      // where requests are passed on to, taken or not, and whose answer is given; nil: nowhere
}

// A View is how a receiver prints webhooks.
type View uint8

const (
	Line View = iota // a line for each
	JSON             // a line of JSON for each
	Page             // headers and indented JSON, with what changed marked
)

// A Receiver takes webhooks as an [http.Handler].
type Receiver struct {
	options Options
	forward *forward
	taken   memory

	mu sync.Mutex // one writes at a time
}

// New makes a receiver.
func New(o Options) *Receiver {
	r := &Receiver{options: o, taken: memory{most: maxTaken}}
	if o.Forward != nil {
		r.forward = newForward(o.Forward)
	}
	return r
}

// ServeHTTP takes one request: it is verified and passed on, printed, and answered.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method == http.MethodOptions {
		r.greet(w, request)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		r.say("%s %s: read body: %s", request.Method, request.RequestURI, err)
		http.Error(w, "read body: "+err.Error(), http.StatusBadRequest)
		return
	}
	got := r.judge(request, body)
	answer := r.answer(got)
	r.print(got)
	if r.pause(request) {
		answer.write(w)
	}
}

// judge reads a request and verifies it.
func (r *Receiver) judge(request *http.Request, body []byte) *webhook {
	got := read(request, body)
	got.verdict = r.options.Keys.judge(request, body)
	got.taken = got.verdict.ok() || r.options.Keys.none() || r.options.Unsigned && got.verdict.unsigned()
	if got.taken {
		got.again = r.taken.note(got.id)
	}
	return got
}

// answer says what the sender will hear.
func (r *Receiver) answer(got *webhook) answer {
	var a answer
	switch {
	case r.forward != nil:
		a, got.forwarded = r.forward.send(got.request, got.body)
	case !got.taken:
		a = answer{status: http.StatusUnauthorized, body: []byte(got.told() + "\n")}
	default:
		a = r.options.Answers.next()
	}
	got.answered = a.status
	return a
}

// pause waits before the answer, and reports whether the sender is still there.
func (r *Receiver) pause(request *http.Request) bool {
	if r.options.Delay <= 0 {
		return true
	}
	timer := time.NewTimer(r.options.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-request.Context().Done():
		r.say("the sender hung up before the answer")
		return false
	}
}

// print writes a webhook in one piece.
func (r *Receiver) print(got *webhook) {
	var text string
	switch r.options.View {
	case JSON:
		text = got.json()
	case Page:
		text = got.page(painter{r.options.Color})
	default:
		text = got.line()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = io.WriteString(r.options.Out, text)
}

// say writes what happened besides. Machines get webhooks only.
func (r *Receiver) say(form string, args ...any) {
	if r.options.View == JSON {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.options.Out, "%s  %s\n", time.Now().Format(time.TimeOnly), clip(safe(fmt.Sprintf(form, args...)), maxLine))
}
