package admin

import (
	"log/slog"
	"net/http"
	"testing"
)

func profiled(token string, options ...Option) http.Handler {
	return New(newFake(), tokenOf(token), slog.New(slog.DiscardHandler), options...)
}

func TestProfilesAreServedOnlyWhereTheyWereAskedForAndNeedTheToken(t *testing.T) {
	paths := []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile?seconds=1"}
	for _, path := range paths {
		for _, test := range []struct {
			api    http.Handler
			bearer string
			want   int
		}{
			{profiled(""), "", http.StatusNotFound},
			{profiled(token), token, http.StatusNotFound},
			{profiled("", Profiles()), "", http.StatusOK},
			{profiled(token, Profiles()), token, http.StatusOK},
			{profiled(token, Profiles()), "", http.StatusUnauthorized},
			{profiled(token, Profiles()), token + "x", http.StatusUnauthorized},
		} {
			status, _ := answer(test.api, "GET", path, nil, header("Authorization", "Bearer "+test.bearer))
			if status != test.want {
				t.Errorf("%s with %q: status %d, not %d", path, test.bearer, status, test.want)
			}
		}
	}
}

func TestWebPagesGetNoProfiles(t *testing.T) {
	if status, _ := answer(profiled("", Profiles()), "GET", "/debug/pprof/heap", nil, header("Origin", "https://evil.example")); status != 403 {
		t.Errorf("status %d", status)
	}
}
