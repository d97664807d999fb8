package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

// A toxicPoll is a poll while something goes wrong: why it fails, "" where it does not.
type toxicPoll struct {
	toxic
	fails string
}

func toxicPolls() []toxicPoll {
	const (
		late   = `the poll took longer than its timeout of 2s`
		broken = `EOF|reset|connection broken`
	)
	return []toxicPoll{
		{asked("latency", `"latency":50,"jitter":20`), ""},
		{asked("latency", `"latency":30000`), late},
		{asked("timeout", `"timeout":0`), late},
		{asked("timeout", `"timeout":300`), broken},
		{asked("reset_peer", `"timeout":0`), broken},
		{asked("limit_data", `"bytes":30`), broken},
		{asked("slicer", `"average_size":9,"size_variation":4,"delay":100`), ""},
		{asked("slow_close", `"delay":1000`), ""},
		{asked("bandwidth", `"rate":1`), ""},
		{toxic{kind: "refused"}, "connection refused"},
		{answered("latency", `"latency":50,"jitter":20`), ""},
		{answered("latency", `"latency":30000`), late},
		{answered("timeout", `"timeout":0`), late},
		{answered("timeout", `"timeout":300`), broken},
		{answered("reset_peer", `"timeout":0`), broken},
		{answered("limit_data", `"bytes":0`), broken},
		{answered("limit_data", `"bytes":90`), broken},
		{answered("limit_data", `"bytes":20000`), broken},
		{answered("slicer", `"average_size":900,"size_variation":400,"delay":100`), ""},
		{answered("slow_close", `"delay":1000`), ""},
		{answered("bandwidth", `"rate":5`), late},
		{answered("bandwidth", `"rate":20000`), ""},
	}
}

// R5, P4, P8: whatever the network does between a source and its API, a poll either goes well, or fails with what
// went wrong, and then nothing of it is kept or sent. Once the network is well, the next poll finds what there is.
func TestAPollOverABadNetworkGoesWellOrChangesNothing(t *testing.T) {
	polls := toxicPolls()
	lines, versions := make([]*toxicLine, len(polls)), make([]atomic.Int32, len(polls))
	config := []string{fmt.Sprintf("sink \"file\" \"out\" {\n  path = %q\n}\n", t.TempDir()+"/out.jsonl")}
	for i := range polls {
		lines[i] = newToxicLine(t, liveServe(t, func(w http.ResponseWriter, _ *http.Request) { toxicList(w, versions[i].Load()) }))
		config = append(config, fmt.Sprintf(toxicSource, i, lines[i].url()))
	}
	l := newLive(t, strings.Join(config, ""))
	l.mustStart()
	l.eachToxic(len(polls), func(i int) { l.poll(toxicName(i)) })
	for i, p := range polls {
		versions[i].Store(1)
		lines[i].poison(p.toxic)
	}
	l.eachToxic(len(polls), func(i int) { l.checkPoisoned(toxicName(i), polls[i]) })
	l.eachToxic(len(polls), func(i int) {
		lines[i].heal(polls[i].toxic)
		l.poll(toxicName(i))
		l.checkHealed(toxicName(i), polls[i])
	})
	l.untilSent()
	l.stop()
}

const toxicSource = `
source "http" "line%d" {
  every   = "1h"
  timeout = "2s"
  url     = "%s/"
  items   = body
  key     = item.id
  sinks   = [sink.out]
}
`

func toxicName(i int) string { return fmt.Sprintf("line%d", i) }

// toxicList answers with a hundred items. In the second version one differs, and one is gone.
func toxicList(w http.ResponseWriter, version int32) {
	var items []string
	for n := range 100 {
		if version > 0 && n == 50 {
			continue
		}
		items = append(items, fmt.Sprintf(`{"id":%d,"version":%d,"filler":%q}`, n, version*int32(n/99), strings.Repeat("x", 500)))
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, "[%s]", strings.Join(items, ","))
}

// eachToxic runs something for all lines at once.
func (l *live) eachToxic(count int, run func(i int)) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func (l *live) checkPoisoned(name string, p toxicPoll) {
	report, err := l.client().Poll(l.Context(), name)
	if err != nil {
		l.Errorf("%s: %v", p.toxic, err)
	}
	events, source := l.toxicEvents(name), l.toxicSource(name)
	if p.fails == "" {
		if report.Error != "" || source.Failures > 0 || len(events) != 2 {
			l.Errorf("%s: %q after %s, %d events", p.toxic, report.Error, report.Took, len(events))
		}
		return
	}
	if !regexp.MustCompile(p.fails).MatchString(report.Error) || source.State != admin.StateFailing {
		l.Errorf("%s: the poll said %q, and not %q; the source is %s", p.toxic, report.Error, p.fails, source.State)
	}
	if len(events) > 0 || source.Items != 100 {
		l.Errorf("%s: the poll sent %d events, and knows %d items", p.toxic, len(events), source.Items)
	}
	if wait := time.Until(source.Due); wait <= 0 {
		l.Errorf("%s: the next poll is in %s", p.toxic, wait)
	}
}

func (l *live) checkHealed(name string, p toxicPoll) {
	events, source := l.toxicEvents(name), l.toxicSource(name)
	changes := map[string]string{}
	for _, e := range events {
		changes[e.Change] = e.Key
	}
	if len(events) != 2 || changes["updated"] != "99" || changes["deleted"] != "50" {
		l.Errorf("%s: at last there were %d events: %v", p.toxic, len(events), changes)
	}
	if source.State != admin.StateOK || source.Items != 99 {
		l.Errorf("%s: at last the source was %s, and knew %d items", p.toxic, source.State, source.Items)
	}
}

func (l *live) toxicEvents(source string) []admin.Event {
	found, err := l.client().Events(l.Context(), admin.Filter{Source: source})
	if err != nil {
		l.Errorf("events of %s: %v", source, err)
	}
	return found.Events
}

func (l *live) toxicSource(name string) admin.Source {
	source, err := l.client().Source(l.Context(), name)
	if err != nil {
		l.Errorf("source %s: %v", name, err)
	}
	return source
}
