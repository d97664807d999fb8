package tape

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
)

// format is the version of the files.
const format = 1

// A Recording is one poll of a source. Its tags say how recording.json has it.
type Recording struct {
	Format   int               `json:"format"`
	Source   string            `json:"source"`
	Kind     string            `json:"kind,omitempty"`
	Version  string            `json:"version,omitempty"`  // of the hookbridge that recorded it
	Clock    time.Time         `json:"clock"`              // when the poll began
	Cursor   jsontext.Value    `json:"cursor,omitzero"`    // what the poll went on from; none: it listed everything
	Each     string            `json:"for_each,omitempty"` // the source for whose items it listed
	Readings map[string]string `json:"readings,omitempty"` // what a replay reads, by function and name such as "env CRM_TOKEN"

	Items     []bridge.Item `json:"-"` // of Each
	Exchanges []Exchange    `json:"-"`
}

// An Exchange is one request, and its answer or why there was none.
type Exchange struct {
	Request Request `json:"request"`
	Answer  *Answer `json:"answer,omitempty"`
	Failure string  `json:"failure,omitempty"` // why there was no answer
}

// A Request is what was asked. At most one of its bodies is there: as JSON, as text, or the hash of a large one.
type Request struct {
	Method  string         `json:"method"`
	URL     string         `json:"url"`
	Headers headers        `json:"headers,omitempty"` // for people
	Body    jsontext.Value `json:"body,omitzero"`
	Text    string         `json:"text,omitempty"`
	Sum     string         `json:"sum,omitempty"`
}

// An Answer is what came back, its body decompressed.
type Answer struct {
	Status    int     `json:"status"`
	Headers   headers `json:"headers,omitempty"`
	File      string  `json:"body,omitempty"`     // that holds the body; none: it is empty
	Cut       string  `json:"cut,omitempty"`      // why the body ends before its end
	Unbounded bool    `json:"unbounded,omitzero"` // nothing marked the end of the body

	body []byte
}

// headers are those of a message by name.
type headers map[string]texts

// texts are the values of a header: one is written as text, several as a list.
type texts []string

// MarshalJSON fulfils [json.Marshaler].
func (t texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// UnmarshalJSON fulfils [json.Unmarshaler].
func (t *texts) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = texts{one}
		return nil
	}
	var several []string
	if json.Unmarshal(text, &several) != nil {
		return errors.New("a header is text, or a list of texts")
	}
	*t = several
	return nil
}

// Stand returns what a replay reads in the place of a variable, a file or a credential.
func (r *Recording) Stand(function, name string) (text string, found bool) {
	text, found = r.Readings[function+" "+name]
	return text, found
}
