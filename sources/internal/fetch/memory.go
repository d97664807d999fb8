package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge"
)

// memoryVersion is that of the cursor's form; what another version wrote is not read.
const memoryVersion = 1

// longestValidator bounds what is kept of an ETag or Last-Modified.
const longestValidator = 1 << 10

// A Memory is what is kept between polls of the one answer that a listing consisted of. The zero Memory
// knows nothing.
type Memory struct {
	Version  int    `json:"v"`
	Request  string `json:"request"`            // fingerprint of what was asked
	ETag     string `json:"etag,omitempty"`     // as sent, W/ included
	Modified string `json:"modified,omitempty"` // Last-Modified, as sent
	From     string `json:"from,omitempty"`     // hash of the URL that the validators belong to
	Sum      string `json:"sum,omitempty"`      // hash of the body
	Read     int64  `json:"read,omitempty"`     // when a body came with these validators, in Unix seconds
	Lies     bool   `json:"lies,omitempty"`     // the validators stay as they are when the body changes
}

// Recall reads a cursor. One that is unreadable, or that belongs to another request, is forgotten, so that
// the poll is a full listing.
func (c *Client) Recall(since bridge.Cursor) Memory {
	var m Memory
	if json.Unmarshal(since, &m) != nil || m.Version != memoryVersion || m.Request != c.fingerprint {
		return Memory{}
	}
	return m
}

// Remember makes the cursor of a listing that consisted of this one answer, and of one of several pages
// where it is nil: about those there is nothing to remember.
func (c *Client) Remember(only *Answer) bridge.Cursor {
	m := Memory{Version: memoryVersion, Request: c.fingerprint}
	if only != nil {
		m.Sum = hex.EncodeToString(only.Body.Sum[:])
		m.From = hashURL(only)
		m.ETag = validator(only.Header.Get("ETag"))
		m.Modified = validator(only.Header.Get("Last-Modified"))
		if m.Lies = only.lies; m.ETag+m.Modified != "" {
			m.Read = time.Now().Unix()
		}
	}
	return c.Keep(m)
}

// Holds reports whether the answer is, to the byte, the one that is remembered.
func (m Memory) Holds(answer *Answer) bool {
	return m.Sum != "" && m.Sum == hex.EncodeToString(answer.Body.Sum[:])
}

// Ask gets the first page, with the validators of the last listing where the config and the method allow
// it, unless it is time to look whether they can be believed. A 304 is not taken where doubt says so, nor from a URL other than the one that gave the validators,
// at the end of other redirects: the page is asked for anew then.
func (c *Client) Ask(ctx context.Context, r Request, m Memory, doubt func(*Answer) bool) (*Answer, error) {
	if c.settings.Conditional && c.settings.Method == http.MethodGet && !m.doubted(time.Now()) {
		r.etag, r.modified = m.ETag, m.Modified
	}
	answer, err := c.Fetch(ctx, r)
	if err == nil {
		c.examine(m, answer)
	}
	if err != nil || !answer.Unchanged() || m.From == hashURL(answer) && !doubt(answer) {
		return answer, err
	}
	answer.Exchange.Say("asked again without validators")
	r.trace(answer.Exchange)
	r.etag, r.modified = "", ""
	return c.Fetch(ctx, r)
}

// hashURL hides the URL, whose query may hold a credential.
func hashURL(answer *Answer) string {
	sum := sha256.Sum256([]byte(answer.URL.String()))
	return hex.EncodeToString(sum[:16])
}

// validator returns the text where it can be sent back.
func validator(text string) string {
	if len(text) > longestValidator || !httpguts.ValidHeaderFieldValue(text) {
		return ""
	}
	return text
}

// Keep makes the cursor of a listing that is as it is remembered.
func (c *Client) Keep(m Memory) bridge.Cursor {
	cursor, err := json.Marshal(m)
	if err != nil {
		panic(err) // a struct of texts
	}
	return cursor
}
