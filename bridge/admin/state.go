package admin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge/backup"
)

// backup streams a backup, one at a time: each keeps the state of its moment on disk. Where it breaks off the connection
// does, so that no client takes what it has for a whole one.
func (a *api) backup(w http.ResponseWriter, r *http.Request) {
	within(w, 0)
	if !a.backing.CompareAndSwap(false, true) {
		refuse(w, &Error{http.StatusConflict, "another backup is under way"})
		return
	}
	defer a.backing.Store(false)
	began := time.Now()
	answer := &stream{ResponseWriter: w}
	err := a.bridge.Backup(r.Context(), answer)
	tell(a.log.With("path", r.URL.Path, "took", time.Since(began).String(), "bytes", answer.size), err)
	switch {
	case err == nil:
	case answer.size == 0:
		refuse(w, err)
	default:
		panic(http.ErrAbortHandler)
	}
}

// stream is an answer of any length. A client that takes nothing for long is cut off.
type stream struct {
	http.ResponseWriter
	size int64
}

func (s *stream) Write(p []byte) (int, error) {
	if s.size == 0 {
		s.Header().Set("Content-Type", "application/octet-stream")
	}
	within(s.ResponseWriter, writeWithin)
	n, err := s.ResponseWriter.Write(p)
	s.size += int64(n)
	return n, err
}

// Backup writes a backup of the daemon's state, and returns its header and its size. What it has written when it fails
// is no backup.
func (c *Client) Backup(ctx context.Context, to io.Writer) (h backup.Header, size int64, err error) {
	response, err := c.send(ctx, http.MethodGet, target(nil, []string{"v1", "state", "backup"}), nil)
	if err != nil {
		return h, 0, err
	}
	defer func() { _ = response.Body.Close() }() // it was read as far as it is wanted
	if response.StatusCode != http.StatusOK {
		_, err := answerOf(response)
		return h, 0, err
	}
	h, size, err = backup.Copy(to, response.Body)
	if err != nil {
		return h, size, fmt.Errorf("read backup from daemon: %w", err)
	}
	return h, size, nil
}

// blocked tells of a source that is not polled, for a reason that it has in common with all others.
func blocked(s Source, reason string) Source {
	if reason != "" && s.State != StatePaused {
		s.State, s.Reason = StateBlocked, reason
	}
	return s
}
