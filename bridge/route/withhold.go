package route

import "net/http"

// Withhold closes the body of an answer that switches protocols, which nobody here asks for: that body is the
// connection itself, and no context ends a read from it. All other answers stay as they are.
func Withhold(answer *http.Response) {
	if answer.StatusCode == http.StatusSwitchingProtocols {
		_ = answer.Body.Close()
		answer.Body = http.NoBody
	}
}
