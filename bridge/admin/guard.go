package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Bounds of a request.
const (
	maxBody     = 1 << 20
	maxHeader   = 64 << 10
	readWithin  = 30 * time.Second // the whole of it
	writeWithin = time.Minute      // an answer, once it is there
)

// admit lets through what an operator may have sent.
func (a *api) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.ContentLength != 0 {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		if refused := a.refusal(r); refused != nil {
			refuse(w, refused)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *api) refusal(r *http.Request) error {
	switch {
	case fromPage(r):
		return &Error{http.StatusForbidden, "requests of web pages are refused"}
	case a.rebound(r):
		return &Error{http.StatusForbidden, "the host of the request must be an IP address or localhost"}
	case !probe(r) && !a.authorized(r):
		return &Error{http.StatusUnauthorized, "this takes the admin token, as Authorization: Bearer …"}
	case r.ContentLength == 0:
		return nil
	case r.Method != http.MethodPost:
		return &Error{http.StatusBadRequest, "only a POST may have a body"}
	case !isJSON(r):
		return &Error{http.StatusUnsupportedMediaType, "the body must be application/json, and say so"}
	}
	return nil
}

// fromPage reports whether a browser sent the request for a page. What no page may send on behalf of another
// site, such as a POST, always bears an Origin.
func fromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return len(r.Header.Values("Origin")) > 0 || site != "" && site != "none"
}

// rebound reports whether a name that somebody else owns may have been pointed at this address, so that a
// browser takes the API for a part of his site. A token keeps such pages out where the API is behind a name.
func (a *api) rebound(r *http.Request) bool {
	switch local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr); address := local.(type) {
	case *net.UnixAddr:
		return false
	case *net.TCPAddr:
		if !a.open && !address.IP.IsLoopback() {
			return false
		}
	}
	return !isLiteral(r.Host)
}

func isLiteral(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}

// probe reports whether the request is for what a supervisor asks, which needs no token.
func probe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

func (a *api) authorized(r *http.Request) bool {
	if a.open {
		return true
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(given)) // of one length, so that the comparing tells nothing of the token's
	return subtle.ConstantTimeCompare(sum[:], a.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func isJSON(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "application/json"
}
