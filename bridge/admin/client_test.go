package admin

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// clientOf is a client of a server that is no daemon.
func clientOf(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return NewClient(server.Listener.Addr().String(), tokenOf(token))
}

func TestTheTokenFollowsNoRedirect(t *testing.T) {
	asked := 0
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "http://elsewhere.example/v1/status", http.StatusTemporaryRedirect)
	})
	if _, err := c.Status(t.Context()); err == nil || asked != 1 {
		t.Errorf("a GET went out %d times, error %v", asked, err)
	}
	if err := c.Reload(t.Context()); err == nil || asked != 2 {
		t.Errorf("a POST went out %d times, error %v", asked-1, err)
	}
}

func TestAnAnswerOfSomethingElseIsAnError(t *testing.T) {
	for want, body := range map[string]string{
		"read answer of daemon": "<html>hello</html>", "404": "<html>not found</html>", "502": `{"message":"other"}`,
	} {
		c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
			switch want {
			case "404":
				w.WriteHeader(http.StatusNotFound)
			case "502":
				w.WriteHeader(http.StatusBadGateway)
			}
			_, _ = io.WriteString(w, body)
		})
		_, err := c.Status(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestAClientReadsNoAnswerWithoutEnd(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if _, err := c.Metrics(t.Context()); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}

func TestAMemberThatANewerDaemonAddedIsPassedOver(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"version":"9.9.9","mood":"fine"}`)
	})
	if got, err := c.Status(t.Context()); err != nil || got.Version != "9.9.9" {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestADaemonThatEndsWhileItAnswersIsNotCalledUnreachable(t *testing.T) {
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := c.Status(t.Context())
	if err == nil || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), c.address) {
		t.Errorf("got %v", err)
	}
}
