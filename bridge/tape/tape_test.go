package tape

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
)

var clock = time.Date(2026, 11, 23, 8, 43, 24, 0, time.UTC)

// server answers by path.
type server map[string]func() *http.Response

func (s server) RoundTrip(req *http.Request) (*http.Response, error) {
	if s[req.URL.Path] == nil {
		return nil, errors.New("connection refused")
	}
	return s[req.URL.Path](), nil
}

func answer(status int, contentType, body string) func() *http.Response {
	return func() *http.Response {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {contentType}, "Set-Cookie": {"sid=1"}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}
	}
}

// request asks through a tape, and reads up to most bytes of the answer.
func request(t *testing.T, through http.RoundTripper, method, url, body string, most int64) (status int, text string, err error) {
	t.Helper()
	var sent io.Reader
	if body != "" {
		sent = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, sent)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := through.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	read, err := io.ReadAll(io.LimitReader(resp.Body, most))
	return resp.StatusCode, string(read), errors.Join(err, resp.Body.Close())
}

const all = 1 << 30

// stored writes a recording to a folder and reads it again.
func stored(t *testing.T, r *Recorder, head Recording) *Recording {
	t.Helper()
	made, err := r.Recording(head)
	if err != nil {
		t.Fatal(err)
	}
	files, err := made.Files()
	dir := filepath.Join(t.TempDir(), "deep", "folder")
	if err = errors.Join(err, Write(dir, files)); err != nil {
		t.Fatal(err)
	}
	read, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// H9: what went by comes back, from the folder, in the order in which it went by.
func TestWhatIsRecordedIsPlayed(t *testing.T) {
	r, count := NewRecorder(DefaultRoom), 0
	r.Conceal(func() bridge.Concealed { return bridge.Concealed{Readings: env("KEY", "s3cret"), Open: says()} })
	through := r.Through(server{
		"/list": func() *http.Response {
			count++
			return answer(200, "application/json", `[{"echo":"s3cret"},{"n":`+string(rune('0'+count))+`}]`)()
		},
		"/page":   answer(404, "text/html; charset=utf-8", "<p>"+strings.Repeat("x", 9000)+"</p>"),
		"/binary": answer(200, "application/octet-stream", "\x00\xff"),
		"/none":   answer(204, "", ""),
		"/lines":  answer(200, "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n"),
	})
	type exchange struct{ method, url, body string }
	for _, e := range []exchange{
		{"GET", "https://api.test/list?k=s3cret&page=1", ""},
		{"GET", "https://api.test/list?k=s3cret&page=1", ""},
		{"POST", "https://api.test/list", `{"key":"s3cret","n":1}`},
		{"POST", "https://api.test/list", `{"n":2}`},
		{"POST", "https://api.test/list", "plain"},
		{"POST", "https://api.test/list", strings.Repeat("s3cret", 20_000)},
		{"GET", "https://api.test/page", ""},
		{"GET", "https://api.test/binary", ""},
		{"GET", "https://api.test/none", ""},
		{"GET", "https://api.test/lines", ""},
	} {
		if _, _, err := request(t, through, e.method, e.url, e.body, 100); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := request(t, through, "GET", "https://down.test/s3cret", "", all); err == nil {
		t.Fatal("nobody is there")
	}
	items := []bridge.Item{{Key: "a/s3cret", Body: []byte(`{"x":"s3cret"}`)}}
	recording := stored(t, r, Recording{Source: "things", Clock: clock, Each: "others", Items: items, Cursor: []byte(`{"at":"s3cret"}`)})
	if diff := cmp.Diff([]bridge.Item{{Key: "a/hidden-KEY", Body: []byte(`{"x":"hidden-KEY"}`)}}, recording.Items); diff != "" {
		t.Error(diff)
	}
	if err := recording.Cursor.Compact(); err != nil || string(recording.Cursor) != `{"at":"hidden-KEY"}` || !recording.Clock.Equal(clock) {
		t.Errorf("cursor %s, clock %s", recording.Cursor, recording.Clock)
	}
	p := NewPlayer(recording)
	play := p.Through(server{})
	for _, e := range []struct {
		exchange
		status int
		want   string
	}{
		{exchange{"POST", "https://api.test/list", `{ "n": 2 }`}, 200, "4"},
		{exchange{"GET", "https://API.test/list?page=1&k=hidden-KEY", ""}, 200, "1"},
		{exchange{"POST", "https://api.test/list", strings.Repeat("hidden-KEY", 20_000)}, 200, "6"},
		{exchange{"POST", "https://api.test/list", "plain"}, 200, "5"},
		{exchange{"POST", "https://api.test/list", `{"n":1,"key":"hidden-KEY"}`}, 200, "3"},
		{exchange{"GET", "https://api.test/list?k=hidden-KEY&page=1", ""}, 200, "2"},
		{exchange{"GET", "https://api.test/page", ""}, 404, strings.Repeat("x", 9000)}, // all of it, although little was read
		{exchange{"GET", "https://api.test/binary", ""}, 200, "\x00\xff"},
		{exchange{"GET", "https://api.test/none", ""}, 204, ""},
		{exchange{"GET", "https://api.test/lines", ""}, 200, "{\"a\":1}\n{\"a\":2}\n"},
	} {
		status, text, err := request(t, play, e.method, e.url, e.body, all)
		if status != e.status || !strings.Contains(text, e.want) || err != nil {
			t.Errorf("%s %s: %d %.80s, error %v", e.method, e.url, status, text, err)
		}
	}
	if left := p.Left(); len(left) != 1 || left[0] != "011.json" {
		t.Errorf("left are %q", left)
	}
	if _, _, err := request(t, play, "GET", "https://down.test/hidden-KEY", "", all); err == nil || err.Error() != "connection refused" {
		t.Errorf("the failure is played as %v", err)
	}
	if p.Last() != "011.json" || len(p.Left()) != 0 {
		t.Errorf("last is %s, left are %q", p.Last(), p.Left())
	}
}

// A server does not answer more often than it did.
func TestARequestBeyondTheRecordingIsAnErrorThatNamesTheNearest(t *testing.T) {
	r := NewRecorder(DefaultRoom)
	through := r.Through(server{"/busy": answer(503, "", "later"), "/list": answer(200, "application/json", "[]")})
	for _, url := range []string{"https://api.test/busy", "https://api.test/list?page=1", "https://api.test/list?page=2"} {
		_, _, _ = request(t, through, "GET", url, "", all)
	}
	_, _, _ = request(t, through, "POST", "https://api.test/list", "{}", all)
	play := NewPlayer(stored(t, r, Recording{Source: "things", Clock: clock})).Through(nil)
	_, _, _ = request(t, play, "GET", "https://api.test/busy", "", all)
	_, _, _ = request(t, play, "GET", "https://api.test/list?page=2", "", all)
	if _, _, err := request(t, play, "GET", "https://api.test/busy", "", all); !errors.Is(err, bridge.ErrPlayedOut) {
		t.Errorf("%v", err)
	}
	for _, test := range [][]string{
		{"GET", "https://api.test/list?page=2", "", "to a further GET https://api.test/list?page=2: it was asked for 1 times, the last one is 003.json"},
		{"GET", "https://api.test/list?page=3", "", "to GET https://api.test/list?page=3: the nearest is 002.json, GET https://api.test/list?page=1"},
		{"POST", "https://api.test/list", `{"n":1}`, "to POST https://api.test/list with this body: 004.json has another one"},
	} {
		_, _, err := request(t, play, test[0], test[1], test[2], all)
		if !errors.Is(err, ErrNotRecorded) || err.Error() != "the recording holds no answer "+test[3] {
			t.Errorf("%v", err)
		}
	}
	_, _, err := request(t, NewPlayer(&Recording{}).Through(nil), "GET", "https://api.test/", "", all)
	if !errors.Is(err, ErrNotRecorded) || !strings.HasSuffix(err.Error(), "it is empty") {
		t.Errorf("%v", err)
	}
}

// A body that was cut off is cut off in the replay.
func TestABodyThatBreaksOffBreaksOffAgain(t *testing.T) {
	r := NewRecorder(DefaultRoom)
	through := r.Through(server{"/": func() *http.Response {
		body := io.MultiReader(strings.NewReader(`[{"id":1},`), cut{})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1, ProtoMajor: 1}
	}})
	if _, text, err := request(t, through, "GET", "https://api.test/", "", all); text != `[{"id":1},` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("%q, %v", text, err)
	}
	recording := stored(t, r, Recording{Source: "things", Clock: clock})
	if a := recording.Exchanges[0].Answer; a.Cut != "unexpected EOF" || !a.Unbounded {
		t.Errorf("%+v", a)
	}
	play := NewPlayer(recording).Through(nil)
	if _, text, err := request(t, play, "GET", "https://api.test/", "", all); text != `[{"id":1},` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", text, err)
	}
}

func TestARecordingHasABound(t *testing.T) {
	r := NewRecorder(1000)
	through := r.Through(server{"/": answer(200, "text/plain", strings.Repeat("x", 600))})
	if _, _, err := request(t, through, "GET", "https://api.test/", "", all); err != nil {
		t.Fatal(err)
	}
	_, _, err := request(t, through, "GET", "https://api.test/", "", all)
	if _, _, err := request(t, r.Through(nil), "GET", "https://api.test/", "", all); err == nil {
		t.Error("a full recorder lets a request pass")
	}
	_, failed := r.Recording(Recording{})
	for _, err := range []error{err, failed} {
		if err == nil || !strings.Contains(err.Error(), "larger than a recording may be (1000B)") {
			t.Errorf("%v", err)
		}
	}
}

// JSON that a stand-in would break is not written down.
func TestASecretThatCannotBeReplacedIsAnError(t *testing.T) {
	r := NewRecorder(DefaultRoom)
	r.Conceal(func() bridge.Concealed { return bridge.Concealed{Secrets: []string{"12e45"}} })
	if _, _, err := request(t, r.Through(server{"/": answer(200, "application/json", `{"n":12e45}`)}), "GET", "https://api.test/", "", all); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Recording(Recording{}); err == nil || !strings.Contains(err.Error(), "https://api.test/: it holds a secret in a place where nothing else can stand") {
		t.Errorf("%v", err)
	}
}
