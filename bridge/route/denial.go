package route

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// A denial is a proxy's refusal to lead on. Of what the proxy says only the status is told.
type denial struct {
	status int
	target string
}

func (d *denial) Error() string {
	text := fmt.Sprintf("proxy answered status %d to CONNECT %s", d.status, d.target)
	switch d.status {
	case http.StatusProxyAuthRequired:
		return text + ": it takes another user or password in the URL of the proxy"
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return text + ": its rules forbid that way"
	}
	return text
}

// Class names the kind of failure.
func (d *denial) Class() string { return "proxy" }

// denied looks at what a proxy answers when it is asked for a tunnel.
func denied(_ context.Context, _ *url.URL, request *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return &denial{response.StatusCode, request.Host}
}
