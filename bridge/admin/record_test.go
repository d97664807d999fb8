package admin

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

// H9: a recording arrives file by file, with what came of its poll.
func TestARecordingArrivesAsItWasMade(t *testing.T) {
	w := newWorld(t)
	want := Recorded{
		Recording{Source: "issues", Started: past, Took: "1s", Error: "status 502", Items: 3, Exchanges: 2},
		[]tape.File{
			{Name: "recording.json", Content: []byte(`{"format":1}`)},
			{Name: "001.json", Content: []byte("{}\n")},
			{Name: "001.body.bin", Content: []byte("\x00\xff" + strings.Repeat("x", 1<<20))},
			{Name: "each.ndjson", Content: []byte{}},
		},
	}
	w.onRecord = func(source string, how RecordRequest) (Recorded, error) {
		if source != "issues" || !how.SinceLast {
			t.Errorf("asked to record %q: %+v", source, how)
		}
		return want, nil
	}
	got, err := w.client.Record(t.Context(), "issues", RecordRequest{SinceLast: true})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestARecordingThatCannotBeMadeIsAnError(t *testing.T) {
	w := newWorld(t)
	for cause, is := range map[error]error{
		fmt.Errorf("%w: it lists everything", ErrUsage): ErrUsage, fmt.Errorf("%w: %q", poll.ErrUnknown, "issues"): poll.ErrUnknown,
	} {
		w.onRecord = func(string, RecordRequest) (Recorded, error) { return Recorded{}, cause }
		_, err := w.client.Record(t.Context(), "issues", RecordRequest{})
		if err == nil || err.Error() != cause.Error() || !errors.Is(err, is) && !errors.Is(is, poll.ErrUnknown) {
			t.Errorf("got %v, want %v", err, cause)
		}
	}
}
