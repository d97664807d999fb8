package admin

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// failure is the body of every answer that is an error.
type failure struct {
	Error struct {
		Message string `json:"message"`
	} `json:"error"`
}

// show answers with what ask returns. It may take as long as it takes.
func show(ask func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		within(w, 0)
		result, err := ask(r)
		finish(w, result, err)
	}
}

// act is show for what may change something: it takes a body, and is logged.
func act[B any](log *slog.Logger, do func(*http.Request, B) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		within(w, 0)
		began := time.Now()
		body, err := read[B](r)
		var result any
		if err == nil {
			result, err = do(r, body)
		}
		tell(log.With("path", r.URL.Path, "took", time.Since(began).String()), err)
		finish(w, result, err)
	}
}

func tell(log *slog.Logger, err error) {
	if err != nil {
		log.Warn("operator's request failed", "status", statusOf(err), "error", err)
		return
	}
	log.Info("operator's request done")
}

func finish(w http.ResponseWriter, result any, err error) {
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, http.StatusOK, result)
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, err error) {
	var body failure
	body.Error.Message = err.Error()
	status := statusOf(err)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	reply(w, status, body)
}

// reply writes a body as JSON. Nothing is sent before it has been written whole.
func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":{"message":"write answer: a value is no JSON"}}`)
	}
	within(w, writeWithin)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that has gone needs no answer
}

// within sets how long writing may take from now; 0 is without end.
func within(w http.ResponseWriter, limit time.Duration) {
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(deadline) // a recorder has none
}

// read reads the body of a request, strictly; none is a body without members.
func read[B any](r *http.Request) (body B, err error) {
	text, err := io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return body, &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit)}
	}
	if err != nil {
		return body, usage("read body: %s", err)
	}
	if len(text) == 0 {
		return body, nil
	}
	if err := json.Unmarshal(text, &body, json.RejectUnknownMembers(true)); err != nil {
		return body, usage("read body: %s", err)
	}
	return body, nil
}

// nothing is the body of a request that takes none: it may be left out, or be {}.
type nothing struct{}
