package admin

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// world is a fake bridge behind a real server on a unix socket, and a client whose every exchange is held
// against the document.
type world struct {
	*fake
	client *Client
	logged *bytes.Buffer // complete once the server has ended
	judge  *judge
	end    func()
}

const token = "correct horse battery staple"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{fake: newFake()}
	w.client = w.over(t, w.fake)
	return w
}

// over serves a bridge until the test ends, and returns the client.
func (w *world) over(t *testing.T, b Bridge) *Client {
	t.Helper()
	address := "unix:" + filepath.Join(shortDir(t), "a.sock")
	listener, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	w.logged = &bytes.Buffer{}
	w.end = w.serve(t, b, listener)
	c := NewClient(address, setting.NewSecret(token))
	w.judge = newJudge(t, c.http.Transport)
	c.http.Transport = w.judge
	return c
}

func (w *world) serve(t *testing.T, b Bridge, listener net.Listener) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.NewTextHandler(w.logged, nil))
	var served sync.WaitGroup
	served.Go(func() {
		if err := Serve(ctx, listener, New(b, setting.NewSecret(token), log), log); err != nil {
			t.Error(err)
		}
	})
	end := func() { cancel(); served.Wait() }
	t.Cleanup(end)
	return end
}

// shortDir is a directory whose path leaves room for a socket, however long the name of the test.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// judge holds each exchange against the document, and remembers the operations that it saw.
type judge struct {
	t      *testing.T
	next   http.RoundTripper
	router routers.Router
	seen   map[string]bool
	lax    bool // the requests are wrong on purpose
}

func newJudge(t *testing.T, next http.RoundTripper) *judge {
	t.Helper()
	router, err := legacy.NewRouter(strictDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	return &judge{t: t, next: next, router: router, seen: map[string]bool{}}
}

func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	j.t.Helper()
	input := j.request(r)
	response, err := j.next.RoundTrip(r)
	if err != nil || input == nil {
		return response, err
	}
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(response.Body)
	_ = response.Body.Close()
	response.Body = &closable{bytes.NewReader(body.Bytes())}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	answer.SetBodyBytes(body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), answer); err != nil {
		j.t.Errorf("%s %s: the answer does not fit the document: %v", r.Method, r.URL.Path, err)
	}
	return response, nil
}

func (j *judge) request(r *http.Request) *openapi3filter.RequestValidationInput {
	j.t.Helper()
	route, params, err := j.router.FindRoute(r)
	if err != nil {
		j.t.Errorf("%s %s is not in the document: %v", r.Method, r.URL.Path, err)
		return nil
	}
	j.seen[route.Operation.OperationID] = true
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil && !j.lax {
		j.t.Errorf("%s %s: the request does not fit the document: %v", r.Method, r.URL.Path, err)
	}
	return input
}

type closable struct{ *bytes.Reader }

func (c *closable) Close() error { return nil }

// strictDocument is the document with no member allowed that it does not name.
func strictDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc := loadDocument(t)
	for _, schema := range doc.Components.Schemas {
		if v := schema.Value; v.Type.Is("object") && v.AdditionalProperties.Schema == nil {
			no := false
			v.AdditionalProperties.Has = &no
		}
	}
	return doc
}

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
