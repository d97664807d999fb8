package daemon

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// series returns the series of the program's own metrics that /metrics tells, without values.
func (w *world) series() map[string]bool {
	w.Helper()
	status, text := w.gets("/metrics")
	if status != http.StatusOK {
		w.Fatalf("/metrics answers %d: %s", status, text)
	}
	all := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^(hookbridge_\S+?(?:\{[^}]*\})?) \S+$`).FindAllStringSubmatch(text, -1) {
		all[line[1]] = true
	}
	return all
}

// O5: the names of the field, with labels that are names of the configuration and fixed words.
func TestTheMetricsHaveTheirNamesAndBoundedLabels(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a", "bad")
		w.starts(one)
		w.polls("things")
		time.Sleep(2 * time.Minute)
		w.fails["things"] = errors.New("status 502")
		if report, err := w.Poll(w.Context(), "things", nil); err != nil || report.Err == nil {
			t.Fatal("the poll did not fail", err)
		}
		all := w.series()
		for _, want := range []string{
			`hookbridge_polls_total{result="ok",source="things"}`,
			`hookbridge_polls_total{result="failed",source="things"}`,
			`hookbridge_poll_duration_seconds_count{source="things"}`,
			`hookbridge_poll_last_success_timestamp_seconds{source="things"}`,
			`hookbridge_items{source="things"}`,
			`hookbridge_holds{source="things"}`,
			`hookbridge_events_total{change="created",source="things"}`,
			`hookbridge_deliveries_total{outcome="delivered",sink="out"}`,
			`hookbridge_deliveries_total{outcome="deferred",sink="out"}`,
			`hookbridge_deliveries_total{outcome="buried",sink="out"}`,
			`hookbridge_delivery_duration_seconds_count{sink="out"}`,
			`hookbridge_sink_paused{sink="out"}`,
			`hookbridge_sink_disabled{sink="out"}`,
			`hookbridge_sink_broken{sink="out"}`,
			`hookbridge_outbox_deliveries{sink="out"}`,
			`hookbridge_outbox_oldest_seconds{sink="out"}`,
			`hookbridge_deadletters{sink="out"}`,
			`hookbridge_build_info{version="1.2.3"}`,
		} {
			if !all[want] {
				t.Errorf("there is no %s among\n%s", want, strings.Join(slices.Sorted(maps.Keys(all)), "\n"))
			}
		}
		label := regexp.MustCompile(`(\w+)="([^"]*)"`)
		known := []string{"source", "sink", "result", "change", "outcome", "le", "version"}
		for series := range all {
			for _, pair := range label.FindAllStringSubmatch(series, -1) {
				if !slices.Contains(known, pair[1]) || pair[2] == "bad" {
					t.Errorf("%s has a label that nobody bounds", series)
				}
			}
		}
		w.ends()
	})
}

func TestTheMetricsTellWhatIsThere(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a", "b", "bad")
		w.starts(one)
		w.polls("things")
		time.Sleep(2 * time.Minute)
		w.has("things", "a", "b", "bad", "c")
		letGo := w.holds()
		w.polls("things")
		time.Sleep(5 * time.Second)
		_, text := w.gets("/metrics")
		for _, want := range []string{
			`hookbridge_items{source="things"} 4`, `hookbridge_deadletters{sink="out"} 1`,
			`hookbridge_outbox_deliveries{sink="out"} 1`, `hookbridge_outbox_oldest_seconds{sink="out"} 5`,
			`hookbridge_events_total{change="created",source="things"} 4`,
			`hookbridge_deliveries_total{outcome="delivered",sink="out"} 2`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("/metrics does not tell %s", want)
			}
		}
		letGo()
		w.ends()
	})
}

// O5: what is taken out of the configuration goes away, and does not come back when its last attempts end.
func TestTheSeriesOfWhatIsGoneGoAway(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one + other)
		w.polls("others")
		letGo := w.holds()
		w.polls("things")
		later := strings.NewReplacer(`"out"`, `"in"`, "sink.out", "sink.in").Replace(other) + "sink \"test\" \"in\" {}\n"
		w.reloads(later)
		letGo()
		time.Sleep(time.Second)
		w.polls("others")
		for series := range w.series() {
			gone := strings.Contains(series, `"things"`) || strings.Contains(series, `sink="out"`)
			if gone && !strings.Contains(series, "outbox") && !strings.Contains(series, "deadletters") {
				t.Errorf("there still is %s", series)
			}
		}
		if !w.series()[`hookbridge_polls_total{result="ok",source="others"}`] {
			t.Error("the series of what stayed went away")
		}
		w.ends()
	})
}

// A mute history does not tell what waits.
type mute struct{ store.History }

func (mute) Queue(context.Context) (map[string]store.Queue, error) { return nil, errors.New("busy") }

// O5
func TestTheMetricsAreThereThoughTheStateDoesNotTellItsQueues(t *testing.T) {
	answer := httptest.NewRecorder()
	newMetrics(t.Context(), mute{}, "1.2.3").handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := answer.Body.String()
	if answer.Code != http.StatusOK || !strings.Contains(text, "hookbridge_build_info") || strings.Contains(text, "hookbridge_outbox") {
		t.Errorf("status %d: %.300s", answer.Code, text)
	}
}
