package admin

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

// Recorded is a recording, and what came of its poll.
type Recorded struct {
	Recording
	Files []tape.File
}

// RecordingOf writes what came of a poll that was recorded, and failed where there is a cause.
func RecordingOf(source string, r *tape.Recording, l poll.Listing, cause error) Recording {
	recording := Recording{
		Source: source, Started: l.Began.UTC(), Took: spanOf(l.Took), Items: l.Items, Exchanges: len(r.Exchanges),
	}
	if cause != nil {
		recording.Error = fmt.Sprintf("poll source %q: %s", source, cause)
	} else {
		recording.Coverage = l.Outcome.Coverage.String()
	}
	return recording
}

// reportFile is the first file of an answer with a recording: what came of the poll. It is no part of the recording.
const reportFile = "report.json"

// record answers with the files of a recording, as a tar.
func (a *api) record(w http.ResponseWriter, r *http.Request) {
	within(w, 0)
	began := time.Now()
	want, err := read[RecordRequest](r)
	var recorded Recorded
	if err == nil {
		recorded, err = a.bridge.Record(r.Context(), r.PathValue("source"), want)
	}
	tell(a.log.With("path", r.URL.Path, "took", time.Since(began).String()), err)
	if err != nil {
		refuse(w, err)
		return
	}
	report, err := json.Marshal(recorded.Recording)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	files := append([]tape.File{{Name: reportFile, Content: report}}, recorded.Files...)
	_ = tape.Pack(w, files, func() { within(w, writeWithin) }) // a client that has gone needs no answer
}

// recordedOf reads what record answered.
func recordedOf(response *http.Response) (recorded Recorded, err error) {
	if response.StatusCode != http.StatusOK {
		_, err := answerOf(response)
		return recorded, err
	}
	files, err := tape.Unpack(response.Body)
	if err != nil {
		return recorded, fmt.Errorf("read answer of daemon: %w", err)
	}
	if len(files) == 0 || files[0].Name != reportFile {
		return recorded, errors.New("read answer of daemon: it is no recording")
	}
	recorded.Files = files[1:]
	recorded.Recording, err = decode[Recording](files[0].Content)
	return recorded, err
}
