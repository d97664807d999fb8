package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
)

// A room is a receiver with a shape and limits of its own, which refuses what the real one does. It had enough
// when the first message comes, and takes it when it comes again.
type room struct {
	*httptest.Server
	*testing.T
	pause time.Duration // between two messages, at least
	taken chan string

	mu      sync.Mutex
	asked   int
	last    time.Time // when one was taken
	busy    int       // messages that were refused with a 429
	refused []string  // with anything else
}

// newRoom makes a room whose check returns what it answers to a body: a status, and a text.
func newRoom(t *testing.T, pause time.Duration, check func(header http.Header, body []byte) (int, string)) *room {
	t.Helper()
	r := &room{T: t, pause: pause, taken: make(chan string, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		switch {
		case err != nil:
			return
		case q.Header.Get("Content-Type") != "application/json":
			http.Error(w, "unsupported media type", http.StatusUnsupportedMediaType)
			return
		case !r.admit(time.Now()):
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"message":"You are being rate limited.","retry_after":0.7,"global":false}`))
			return
		}
		status, answer := check(q.Header, body)
		if status/100 == 2 {
			r.taken <- string(body)
		} else {
			r.note(fmt.Sprintf("%d %s: %.300s", status, answer, body))
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(func() {
		r.Close()
		if len(r.refused) > 0 || r.pause == 0 && r.busy > 1 {
			t.Errorf("%d were too many, and refused were:\n%s", r.busy, strings.Join(r.refused, "\n"))
		}
	})
	return r
}

func (r *room) note(refused string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = append(r.refused, refused)
}

// admit reports whether one more message is within the limit.
func (r *room) admit(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked++; r.asked == 1 || now.Sub(r.last) < r.pause {
		r.busy++
		return false
	}
	r.last = now
	return true
}

// takes waits for so many messages.
func (r *room) takes(count int) (all []string) {
	r.Helper()
	for range count {
		select {
		case body := <-r.taken:
			all = append(all, body)
		case <-time.After(scriptWait):
			r.Fatalf("the room took %d messages, want %d:\n%s", len(all), count, strings.Join(all, "\n"))
		}
	}
	return all
}

// strictly decodes one JSON value that has no members but those of the target.
func strictly(body []byte, target any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(target); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one value")
	}
	return nil
}

// within reports whether a text has from one to so many characters, by the count that finds the most.
func within(text string, most int) bool {
	count := len(utf16.Encode([]rune(text)))
	return count >= 1 && count <= most
}

func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(text) <= 3000
}

// slackText is a text object of Slack's Block Kit.
type slackText struct {
	Type  string
	Text  string
	Emoji *bool
}

func (s *slackText) fits(most int) bool {
	known := s != nil && (s.Type == "plain_text" || s.Type == "mrkdwn" && s.Emoji == nil)
	return known && within(s.Text, most)
}

// slack takes a message as an incoming webhook of Slack does, and refuses one that rings.
func slack(_ http.Header, body []byte) (int, string) {
	var m struct {
		Text   string
		Blocks []struct {
			Type      string
			Text      *slackText
			Accessory *struct {
				Type string
				Text *slackText
				URL  string
			}
		}
	}
	switch err := strictly(body, &m); {
	case err != nil:
		return http.StatusBadRequest, "invalid_payload"
	case m.Text == "" && len(m.Blocks) == 0:
		return http.StatusBadRequest, "no_text"
	case strings.Contains(m.Text, "<!") || len(m.Text) > 4000 || len(m.Blocks) > 50:
		return http.StatusBadRequest, "it rings"
	}
	for _, b := range m.Blocks {
		button := b.Accessory
		if b.Type != "section" || !b.Text.fits(3000) || b.Text.Type == "mrkdwn" && strings.Contains(b.Text.Text, "<!") ||
			button != nil && (button.Type != "button" || !button.Text.fits(75) || button.Text.Type != "plain_text" || !isWeb(button.URL)) {
			return http.StatusBadRequest, "invalid_blocks"
		}
	}
	return http.StatusOK, "ok"
}

// discord takes a message as a webhook of Discord does, and refuses one that rings.
func discord(_ http.Header, body []byte) (int, string) {
	var m struct {
		Content         string
		AllowedMentions *struct{ Parse []string } `json:"allowed_mentions"`
	}
	switch err := strictly(body, &m); {
	case err != nil:
		return http.StatusBadRequest, `{"message": "Invalid Form Body", "code": 50035}`
	case strings.TrimSpace(m.Content) == "":
		return http.StatusBadRequest, `{"message": "Cannot send an empty message", "code": 50006}`
	case !within(m.Content, 2000):
		return http.StatusBadRequest, `{"message": "Invalid Form Body", "code": 50035, "errors": {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}}}`
	case strings.Contains(m.Content, "@everyone") && (m.AllowedMentions == nil || len(m.AllowedMentions.Parse) > 0):
		return http.StatusBadRequest, "it rings"
	}
	return http.StatusNoContent, ""
}

// teams takes an adaptive card as a workflow of Teams does.
func teams(_ http.Header, body []byte) (int, string) {
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Schema        string `json:"$schema"`
				Type, Version string
				Body          []cardElement
				Actions       []struct{ Type, Title, URL string }
			}
		}
	}
	if len(body) > 28<<10 {
		return http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"
	}
	err := strictly(body, &m)
	if err != nil || m.Type != "message" || len(m.Attachments) == 0 {
		return http.StatusBadRequest, fmt.Sprint("TriggerInputSchemaMismatch ", err)
	}
	for _, a := range m.Attachments {
		good := a.ContentType == "application/vnd.microsoft.card.adaptive" && a.Content.Type == "AdaptiveCard" && a.Content.Version != ""
		for _, element := range a.Content.Body {
			good = good && element.good()
		}
		for _, action := range a.Content.Actions {
			good = good && action.Type == "Action.OpenUrl" && action.Title != "" && isWeb(action.URL)
		}
		if !good || len(a.Content.Body) == 0 {
			return http.StatusBadRequest, "InvalidBotAdaptiveCard"
		}
	}
	return http.StatusAccepted, ""
}

type cardElement struct {
	Type, Text, Weight, Size string
	Wrap                     bool
	Inlines                  []struct {
		Type, Text string
		IsSubtle   bool
	}
}

// good reports whether an element of a card is one, and shows what others wrote as nothing but text.
func (e cardElement) good() bool {
	switch e.Type {
	case "TextBlock":
		return e.Text != "" && len(e.Inlines) == 0 && !strings.ContainsAny(e.Text, "[]()")
	case "RichTextBlock":
		for _, run := range e.Inlines {
			if run.Type != "TextRun" || run.Text == "" {
				return false
			}
		}
		return e.Text == "" && len(e.Inlines) > 0
	}
	return false
}

// warehouse takes a shipment, to the letter.
func warehouse(header http.Header, body []byte) (int, string) {
	var s struct {
		RequestID *string `json:"request_id"`
		Reference *string
		Priority  *int
		Recipient *string
		Lines     []struct {
			SKU      *string
			Quantity *int
		}
		Note      *string
		OrderedOn *string `json:"ordered_on"`
	}
	if header.Get("Authorization") != "Bearer opener" {
		return http.StatusUnauthorized, `{"error":"no token"}`
	}
	err := strictly(body, &s)
	if err != nil || s.RequestID == nil || s.Reference == nil || s.Priority == nil || s.Recipient == nil || s.Note == nil || s.OrderedOn == nil {
		return http.StatusBadRequest, fmt.Sprintf(`{"error":"unknown, missing or of another type: %v"}`, err)
	}
	_, noDay := time.Parse(time.DateOnly, *s.OrderedOn)
	if noDay != nil || len(s.Lines) == 0 || !within(*s.Recipient, 80) || len(utf16.Encode([]rune(*s.Note))) > 255 || strings.ContainsAny(*s.Note, "\r\n") {
		return http.StatusBadRequest, `{"error":"out of range"}`
	}
	for _, line := range s.Lines {
		if line.SKU == nil || line.Quantity == nil || *line.Quantity < 1 {
			return http.StatusBadRequest, `{"error":"a line is not whole"}`
		}
	}
	return http.StatusCreated, `{"shipment":"sh_1"}`
}

// zapier takes any object, and wants it flat.
func zapier(_ http.Header, body []byte) (int, string) {
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil || len(body) > 2<<20 {
		return http.StatusBadRequest, `{"status":"error"}`
	}
	for _, value := range fields {
		switch value.(type) {
		case map[string]any, []any:
			return http.StatusBadRequest, "it is not flat"
		}
	}
	return http.StatusOK, `{"attempt":"1","id":"1","request_id":"1","status":"success"}`
}
