package admin

import (
	"net/http"
	"net/http/pprof"
)

// An Option adds to the API that [New] makes.
type Option func(*api)

// Profiles adds Go's profiles of the process at /debug/pprof/, for those who may use the API. They show how the
// program runs, what it was started with, and nothing that it was told to keep secret; taking one costs time of the
// processor. They are no part of the API that the OpenAPI document describes.
func Profiles() Option { return func(a *api) { a.profiles = true } }

// profileRoutes serve what net/http/pprof has; its index also serves the profiles that are asked for by name.
func profileRoutes() []route {
	return []route{
		{http.MethodGet, "/debug/pprof/", lasting(pprof.Index)},
		{http.MethodGet, "/debug/pprof/cmdline", pprof.Cmdline},
		{http.MethodGet, "/debug/pprof/profile", pprof.Profile},
		{http.MethodGet, "/debug/pprof/symbol", pprof.Symbol},
		{http.MethodGet, "/debug/pprof/trace", pprof.Trace},
	}
}

// lasting lets an answer take as long as it takes to find.
func lasting(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		within(w, 0)
		answer(w, r)
	}
}
