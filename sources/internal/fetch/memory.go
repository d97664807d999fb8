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

// A Memory is what is kept between polls of the answers that a listing consisted of. The zero Memory knows
// nothing.
type Memory struct {
	Version int    `json:"v"`
	Request string `json:"request"`          // fingerprint of what was asked
	Target  string `json:"target,omitempty"` // where one source asks for different things: hash of what was asked for
	Validators
	Sum  string `json:"sum,omitempty"`  // hash of the body
	Read int64  `json:"read,omitempty"` // when a body came with these validators, in Unix seconds
	Lies bool   `json:"lies,omitempty"` // the validators stay as they are when the body changes
	More []Page `json:"more,omitempty"` // after the first
	Cut  bool   `json:"cut,omitempty"`  // there were further pages, which were not asked for
}

// Validators are what an answer gave to ask with whether it changed.
type Validators struct {
	ETag     string `json:"etag,omitempty"`     // as sent, W/ included
	Modified string `json:"modified,omitempty"` // Last-Modified, as sent
	From     string `json:"from,omitempty"`     // hash of the URL that the validators belong to
}

// Any reports whether there is anything to ask with.
func (v Validators) Any() bool { return v.ETag+v.Modified != "" }

// A Page is a page after the first, and how it was found.
type Page struct {
	At string `json:"at"`
	Validators
	Sum string `json:"sum,omitempty"`
}

// Of returns the memory of a page after the first, as though it were the only one.
func (m Memory) Of(p Page) Memory {
	return Memory{Version: m.Version, Request: m.Request, Validators: p.Validators, Sum: p.Sum, Read: m.Read, Lies: m.Lies}
}

// Recall reads a cursor. One that is unreadable, or that belongs to another request, is forgotten, so that
// the poll is a full listing.
func (c *Client) Recall(since bridge.Cursor) Memory {
	var m Memory
	if json.Unmarshal(since, &m) != nil || !c.Knows(m) {
		return Memory{}
	}
	return m
}

// Knows reports whether the memory is of this client's request. What is on a tape is.
func (c *Client) Knows(m Memory) bool {
	return m.Version == memoryVersion && (m.Request == c.fingerprint || c.tape != nil && m.Request == "")
}

// Mark returns what of a memory may stand in a recording, which is nothing but that there was one.
func (m Memory) Mark() Memory { return Memory{Version: m.Version} }

// Memorize makes a memory of a listing that consisted of this one answer, and one that knows nothing but the
// request where it is nil.
func (c *Client) Memorize(only *Answer) Memory {
	m := Memory{Version: memoryVersion, Request: c.fingerprint}
	if only != nil {
		m.Sum = only.Sum()
		m.Validators = only.Validators()
		if m.Lies = only.lies; m.Any() {
			m.Read = time.Now().Unix()
		}
	}
	return m
}

// Validators returns those of the answer.
func (a *Answer) Validators() Validators {
	return Validators{
		ETag:     validator(a.Header.Get("ETag")),
		Modified: validator(a.Header.Get("Last-Modified")),
		From:     hashURL(a),
	}
}

// Sum returns the hash of the answer's body.
func (a *Answer) Sum() string { return hex.EncodeToString(a.Body.Sum[:]) }

// Remember makes the cursor of a listing that consisted of this one answer.
func (c *Client) Remember(only *Answer) bridge.Cursor { return c.Keep(c.Memorize(only)) }

// Holds reports whether the answer is, to the byte, the one that is remembered.
func (m Memory) Holds(answer *Answer) bool {
	return m.Sum != "" && m.Sum == answer.Sum()
}

// Asks reports whether the config and the method allow to ask with validators.
func (c *Client) Asks() bool { return c.settings.Conditional && c.settings.Method == http.MethodGet }

// Ask gets a page, with the validators that it gave the last time where that is allowed, unless it is time to
// look whether they can be believed. A 304 is not taken where doubt says so, nor from a URL other than the one
// that gave the validators, at the end of other redirects: the page is asked for anew then.
func (c *Client) Ask(ctx context.Context, r Request, m Memory, doubt func(*Answer) bool) (*Answer, error) {
	if c.Asks() && !m.doubted(time.Now()) {
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
