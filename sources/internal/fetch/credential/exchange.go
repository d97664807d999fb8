package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// longestAnswer bounds what is read of an answer that holds a token.
const longestAnswer = 1 << 20

// A Refusal is an answer that gave no token.
type Refusal struct {
	Status int
	Wait   time.Duration // that the server asked for
	text   string
}

func (r *Refusal) Error() string { return r.text }

// refused makes an error of an answer; said is what the server says of it, "" for nothing.
func refused(resp *http.Response, said string) *Refusal {
	wait, _ := retryafter.Parse(resp.Header.Get("Retry-After"), time.Now())
	text := fmt.Sprintf("status %d", resp.StatusCode)
	switch {
	case resp.StatusCode/100 == 3:
		text += " (a redirect, which is not followed with credentials)"
	case resp.StatusCode/100 == 4 && resp.StatusCode != http.StatusTooManyRequests:
		text += " (look at auth)"
	}
	if said != "" {
		text += ": " + said
	}
	return &Refusal{Status: resp.StatusCode, Wait: wait, text: text}
}

// explain tells why there was no answer, without the URL.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// readAll reads an answer up to its bound.
func readAll(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, longestAnswer+1))
	if err == nil && len(text) > longestAnswer {
		err = fmt.Errorf("the answer is larger than %d bytes", longestAnswer)
	}
	return text, err
}
