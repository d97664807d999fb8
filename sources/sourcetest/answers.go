package sourcetest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// status answers with a status and echoes what a careless server would: the request's URL and headers.
func status(code int, said string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if code == http.StatusNoContent || code == http.StatusNotModified {
			return
		}
		_, _ = io.WriteString(w, said)
	})
}

// echo is status with the request in the answer, in several spellings.
func echo(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		body, _ := io.ReadAll(r.Body)
		said := fmt.Sprintf("%s %s %v %q %v %s", r.URL, r.RequestURI, r.Header, r.Header, query, body)
		w.Header().Set("X-Echo", strings.Join(strings.Fields(r.URL.RawQuery), ""))
		status(code, said).ServeHTTP(w, r)
	})
}

// cut answers the first bytes of what the handler would, and then the connection breaks.
func cut(whole http.Handler, at int) (http.Handler, int) {
	recorded := httptest.NewRecorder()
	whole.ServeHTTP(recorded, httptest.NewRequest(http.MethodGet, "http://api.test/", nil))
	body := recorded.Body.Bytes()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), recorded.Header())
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(body[:min(at, len(body))])
		_ = http.NewResponseController(w).Flush() // so that the start arrives before the end
		panic(http.ErrAbortHandler)
	}), len(body)
}

func (s *suite) truncated() {
	whole := s.Serve([]string{"first", "second", "third"})
	_, size := cut(whole, 0)
	source := s.source(whole)
	for at := 0; at < size; at += 1 + size/20 {
		handler, _ := cut(whole, at)
		s.network.Serve(s.T, Address, handler)
		p := Poll(s.Context(), source, nil)
		s.nothing(p)
		if len(p.Items) > 0 {
			s.Errorf("cut at %d of %d bytes, and it yielded %q", at, size, p.Keys())
		}
	}
}

func (s *suite) html() {
	source := s.source(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body></body></html>")
	}))
	p := Poll(s.Context(), source, nil)
	s.nothing(p)
	if p.Err != nil && !strings.Contains(strings.ToLower(p.Err.Error()), "html") {
		s.Errorf("error %v does not say that it is HTML", p.Err)
	}
}

func (s *suite) empty() {
	source := s.source(status(http.StatusOK, ""))
	s.nothing(Poll(s.Context(), source, nil))
	s.network.Serve(s.T, Address, status(http.StatusNoContent, ""))
	s.nothing(Poll(s.Context(), source, nil))
}

func (s *suite) secrets() {
	for _, line := range s.Secrets {
		s.network.Serve(s.T, TokenAddress, Tokens())
		source := s.build(line)
		for code := 200; code < 600; code++ {
			s.network.Serve(s.T, Address, echo(code))
			ctx, cancel := context.WithTimeout(s.Context(), 2*time.Second)
			s.silent(line, code, Poll(ctx, source, nil))
			cancel()
		}
		s.network.Serve(s.T, Address, hang())
		ctx, cancel := context.WithTimeout(s.Context(), 2*time.Second)
		s.silent(line, 0, Poll(ctx, source, nil))
		cancel()
		s.secretsOfTokens(line)
	}
}

// secretsOfTokens lets the server that gives out tokens tell what it was told.
func (s *suite) secretsOfTokens(line string) {
	s.network.Serve(s.T, Address, s.Serve(nil))
	for _, code := range []int{200, 302, 307, 400, 401, 403, 429, 500} {
		for _, handler := range []http.Handler{echo(code), refuseGrant(code)} {
			s.network.Serve(s.T, TokenAddress, handler)
			ctx, cancel := context.WithTimeout(s.Context(), 2*time.Second)
			s.silent(line, code, Poll(ctx, s.build(line), nil))
			cancel()
		}
	}
}

// silent looks for the secret in all that a poll tells.
func (s *suite) silent(line string, code int, p Polled) {
	s.Helper()
	told := fmt.Sprintf("%v %+v %#v %v", p.Err, p.Err, p.Trace, string(p.Outcome.Cursor))
	if len(p.Trace) == 0 {
		s.Errorf("%s: nothing was traced", line)
	}
	for _, form := range []string{
		Marker,
		base64.StdEncoding.EncodeToString([]byte(Secret + ":" + Secret)),
		base64.StdEncoding.EncodeToString([]byte(Secret)),
	} {
		if strings.Contains(told, form) {
			s.Errorf("%s, status %d: the secret shows in %s", line, code, told)
		}
	}
}
