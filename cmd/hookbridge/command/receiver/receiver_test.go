package receiver

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswersAreGivenInTheirOrderAndTheLastOneFromThenOn(t *testing.T) {
	answers, err := ParseAnswers("500, 429:retry-after=5,204")
	if err != nil {
		t.Fatal(err)
	}
	r := New(Options{Out: &bytes.Buffer{}, Keys: keysOf(t, secret), Answers: answers})
	if status, _, _ := take(r, request(t, "evt_0", updated)); status != 401 {
		t.Errorf("unsigned: %d", status)
	}
	for i, want := range []string{"500 ", "429 5", "204 ", "204 "} {
		status, _, header := take(r, request(t, fmt.Sprint("evt_", i), updated, "standard"))
		if got := fmt.Sprintf("%d %s", status, header.Get("Retry-After")); got != want {
			t.Errorf("answer %d is %q, not %q", i, got, want)
		}
	}
}

func TestAnAnswerThatIsNoneIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "no status", "twice": "no status", "199": "no status", "600": "no status", "200,,500": "no status", "200 500": "no status",
		"429:retry-after": "retry-after=SECONDS", "429:retry-after=soon": "retry-after=SECONDS",
		"429:retry-after=-1": "retry-after=SECONDS", "429:wait=5": "retry-after=SECONDS", "429:retry-after=604801": "retry-after=SECONDS",
		strings.Repeat("200,", 1000) + "200": "more than 1000",
	} {
		if _, err := ParseAnswers(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q gives %v", text, err)
		}
	}
}

func TestAnAnswerIsDelayedUnlessTheSenderHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		r := New(Options{Out: &out, Keys: keysOf(t, secret), Delay: 2 * time.Second})
		began := time.Now()
		if status, _, _ := take(r, request(t, "evt_1", updated, "standard")); status != 204 || time.Since(began) != 2*time.Second {
			t.Errorf("%d after %s", status, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		take(r, request(t, "evt_2", updated, "standard").WithContext(ctx))
		if time.Since(began) != time.Second || !strings.HasSuffix(out.String(), "the sender hung up before the answer\n") {
			t.Errorf("after %s it printed\n%s", time.Since(began), out.String())
		}
	})
}

func TestTheHandshakeOfCloudEventsIsAnswered(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Out: &out, Keys: keysOf(t, secret)})
	ask := httptest.NewRequest(http.MethodOptions, "/hook", nil)
	status, _, header := take(r, ask)
	if status != 200 || header.Get("WebHook-Allowed-Origin") != "" || out.Len() > 0 {
		t.Errorf("one who does not ask hears %d %v, printed %s", status, header, out.String())
	}
	ask.Header.Set("WebHook-Request-Origin", "bridge.example.com")
	status, _, header = take(r, ask)
	if status != 200 || header.Get("WebHook-Allowed-Origin") != "bridge.example.com" || header.Get("WebHook-Allowed-Rate") != "*" ||
		header.Get("Allow") != "POST, OPTIONS" || !strings.Contains(out.String(), "bridge.example.com asked") {
		t.Errorf("%d %v, printed %s", status, header, out.String())
	}
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Out: &out})
	if status, _, _ := take(r, request(t, "evt_1", strings.Repeat("x", maxBody+1))); status != 400 || out.Len() > 200 {
		t.Errorf("%d, printed %.300s", status, out.String())
	}
}

func TestARepetitionIsToldAndMemoryIsBounded(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Out: &out, Keys: keysOf(t, secret)})
	r.taken.most = 3
	for _, id := range []string{"a", "b", "a", "c", "d", "a"} { // the fourth id drives the first out
		take(r, request(t, id, updated, "standard"))
	}
	var again []bool
	for line := range strings.Lines(out.String()) {
		again = append(again, strings.HasSuffix(line, "[signature ok, again]\n"))
	}
	if fmt.Sprint(again) != "[false false true false false false]" || len(r.taken.known) != 3 || len(r.taken.order) != 3 {
		t.Errorf("again: %v, %d known", again, len(r.taken.known))
	}
	if known := (&memory{most: 3}).note(""); known {
		t.Error("nothing is known twice")
	}
}
