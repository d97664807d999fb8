package receiver

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// plainAnswer is what a webhook that is taken is answered with, unless something else is wanted.
const plainAnswer = http.StatusNoContent

// Bounds of a sequence of answers.
const (
	mostAnswers   = 1000
	maxRetryAfter = 7 * 24 * 3600 // seconds
)

// Answers are given one after the other; the last one is given from then on. They are safe for concurrent use.
type Answers struct {
	mu   sync.Mutex
	left []answer // at least one
}

// An answer is what a sender hears.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ParseAnswers reads statuses from 200 to 599 with commas between them. One may say when to come again:
// "429:retry-after=5".
func ParseAnswers(text string) (*Answers, error) {
	var a Answers
	for part := range strings.SplitSeq(text, ",") {
		one, err := parseAnswer(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("read answer %q: %w", clip(part, maxValue), err)
		}
		a.left = append(a.left, one)
	}
	if len(a.left) > mostAnswers {
		return nil, fmt.Errorf("read answers: there are more than %d", mostAnswers)
	}
	return &a, nil
}

func parseAnswer(text string) (answer, error) {
	number, option, given := strings.Cut(text, ":")
	status, err := strconv.Atoi(number)
	if err != nil || status < 200 || status > 599 {
		return answer{}, errors.New("it is no status from 200 to 599")
	}
	a := answer{status: status, header: http.Header{}}
	if status >= 300 {
		a.body = []byte("as it was told to\n")
	}
	if !given {
		return a, nil
	}
	name, value, _ := strings.Cut(option, "=")
	seconds, err := strconv.Atoi(value)
	if name != "retry-after" || err != nil || seconds < 0 || seconds > maxRetryAfter {
		return answer{}, fmt.Errorf("after the colon it takes retry-after=SECONDS, up to %d", maxRetryAfter)
	}
	a.header.Set("Retry-After", value)
	return a, nil
}

// next takes the next answer. Nil answers are all the plain one.
func (a *Answers) next() answer {
	if a == nil {
		return answer{status: plainAnswer}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next := a.left[0]
	if len(a.left) > 1 {
		a.left = a.left[1:]
	}
	return next
}

// write gives the answer.
func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the sender may have gone, and some statuses have no body
}
