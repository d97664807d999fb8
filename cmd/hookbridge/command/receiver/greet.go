package receiver

import "net/http"

// greet answers the handshake of CloudEvents ("HTTP 1.1 Web Hooks for Event Delivery", section 4.2): everybody may
// send, as much as they like.
func (r *Receiver) greet(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Allow", "POST, OPTIONS")
	if origin := request.Header.Get("Webhook-Request-Origin"); origin != "" {
		w.Header().Set("WebHook-Allowed-Origin", origin)
		w.Header().Set("WebHook-Allowed-Rate", "*")
		r.say("%s asked for permission to send, and got it", origin)
	}
	w.WriteHeader(http.StatusOK)
}
