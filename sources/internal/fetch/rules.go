package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// An Action is what to do with an answer.
type Action uint8

const (
	// ByStatus: 2xx is read, 429 and 5xx are tried again, anything else is an error.
	ByStatus Action = iota
	// OK: the answer is read, whatever its status.
	OK
	// Empty: the answer stands for a list without items.
	Empty
	// Skip: the poll ends here, and all stays as it was.
	Skip
	// Retry: the request is made again, as after a 429.
	Retry
	// Fail: the answer is an error.
	Fail
	// Renew: the credential is renewed, and the request made once more. Only the origin that gets the credential
	// can ask for that.
	Renew
	// Resync: what is remembered of earlier polls is of no use, see [ErrResync].
	Resync
)

// ErrResync is what Fetch and Ask return, wrapped, where a rule says [Resync]: the listing has to begin anew,
// without validators and without a cursor.
var ErrResync = errors.New("a full listing is needed")

// Rules say what to do with answers where the status alone does not tell. They are asked about every answer
// but a 304, and may be asked by several goroutines at a time.
type Rules interface {
	// Concern reports whether Judge may have anything to say about answers of that status.
	Concern(status int) bool
	// Judge returns what to do, and [ByStatus] where no rule matches. The answer's body has arrived.
	Judge(answer *Answer) (Action, error)
}

// judge reads an answer and does what the rules say of it.
func (c *Client) judge(resp *http.Response, answer *Answer, r Request) (*Answer, error) {
	body, err := fill(resp.Body, c.settings.Limits.Body, c.temp)
	if err != nil && resp.StatusCode/100 == 2 {
		return nil, err
	}
	if err != nil { // no rule is sure of what it cannot read
		return c.byStatus(resp, answer, r)
	}
	answer.Body = body
	action, err := c.settings.Rules.Judge(answer)
	if err == nil {
		err = c.objection(action, answer)
	}
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	if answer.Action = action; action != ByStatus {
		return answer, nil
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{body.Reader(), resp.Body}
	return c.byStatus(resp, answer, r)
}

// objection makes an error of an answer that is not to be read.
func (c *Client) objection(action Action, answer *Answer) error {
	no := refusal{action: action, status: answer.Status, wait: refusedFor(answer.Status, answer.Header, time.Now())}
	no.own, no.stamp = SameOrigin(answer.URL, c.settings.URL), answer.stamp
	told := "to be "
	switch action {
	case Retry:
		told += "tried again"
	case Fail:
		told += "a failure"
	case Renew:
		told += "a credential that has run out"
	case Resync:
		told, no.cause = told+"the end of what was remembered", ErrResync
	default:
		return nil
	}
	no.text = fmt.Sprintf("status %d, which a response rule says %s", answer.Status, told)
	if said := c.excerpt(answer.Body.Reader()); said != "" {
		no.text += fmt.Sprintf(": %q", said)
	}
	return no
}
