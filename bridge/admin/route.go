package admin

import (
	"net/http"
	"strings"
)

// route is one line of the API: the method, the path as a pattern of [http.ServeMux], and what answers.
type route struct {
	method, path string
	answer       http.HandlerFunc
}

func (a *api) routes() []route {
	return []route{
		{"GET", "/v1/status", show(a.status)},
		{"GET", "/v1/sources", show(a.sources)},
		{"GET", "/v1/sources/{source}", show(a.source)},
		{"POST", "/v1/sources/{source}/poll", act(a.log, a.poll)},
		{"POST", "/v1/sources/{source}/plan", act(a.log, a.plan)},
		{"POST", "/v1/sources/{source}/record", a.record},
		{"POST", "/v1/sources/{source}/pause", act(a.log, a.pause)},
		{"POST", "/v1/sources/{source}/resume", act(a.log, a.resume)},
		{"POST", "/v1/sources/{source}/release", act(a.log, a.release)},
		{"POST", "/v1/sources/{source}/rebaseline", act(a.log, a.rebaseline)},
		{"POST", "/v1/sources/{source}/reset", act(a.log, a.reset)},
		{"GET", "/v1/sinks", show(a.sinks)},
		{"GET", "/v1/sinks/{sink}", show(a.sink)},
		{"POST", "/v1/sinks/{sink}/pause", act(a.log, a.pauseSink)},
		{"POST", "/v1/sinks/{sink}/resume", act(a.log, a.resumeSink)},
		{"GET", "/v1/events", show(a.events)},
		{"GET", "/v1/events/{id}", show(a.event)},
		{"POST", "/v1/events/replay", act(a.log, a.replay)},
		{"GET", "/v1/deadletters", show(a.deadLetters)},
		{"POST", "/v1/deadletters/retry", act(a.log, a.retry)},
		{"POST", "/v1/deadletters/drop", act(a.log, a.drop)},
		{"GET", "/v1/state/backup", a.backup},
		{"POST", "/v1/reload", act(a.log, a.reload)},
		{"GET", "/v1/openapi.json", document},
		{"GET", "/healthz", a.health},
		{"GET", "/readyz", a.ready},
		{"GET", "/metrics", a.bridge.Metrics().ServeHTTP},
	}
}

// serveMux serves the routes, and answers everything else in their manner.
func serveMux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.HandleFunc(r.method+" "+r.path, r.answer)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		allowed := methodsOf(mux, r)
		if allowed == "" {
			refuse(w, &Error{http.StatusNotFound, "there is nothing at this path: see /v1/openapi.json"})
			return
		}
		w.Header().Set("Allow", allowed)
		refuse(w, &Error{http.StatusMethodNotAllowed, "this path takes " + allowed})
	})
	return mux
}

// methodsOf lists the methods under which a path is a route.
func methodsOf(mux *http.ServeMux, r *http.Request) string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		asked := r.Clone(r.Context())
		asked.Method = method
		if _, pattern := mux.Handler(asked); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	return strings.Join(allowed, ", ")
}
