package fetch

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// believed is how long a server's word that nothing changed is taken without looking. One request in that
// time goes out without validators, so that a server whose ETag never changes is found out: where the same
// validators come with another body, none are sent any more. A server that always answers another ETag, or
// one that changes what it answers back between two such requests, is not noticed, and does no harm beyond
// the change that came late.
const believed = 24 * time.Hour

// doubted reports whether the validators of the memory are not to be sent now.
func (m Memory) doubted(now time.Time) bool {
	age := now.Sub(time.Unix(m.Read, 0))
	return m.Lies || age >= believed || age < 0
}

// refutes reports whether the answer bears the validators of the memory, and another body.
func (m Memory) refutes(answer *Answer) bool {
	if answer.Body == nil || m.Sum == "" || m.Holds(answer) || !m.Any() {
		return false
	}
	return m.ETag == validator(answer.Header.Get("ETag")) && m.Modified == validator(answer.Header.Get("Last-Modified"))
}

// examine compares an answer with what is remembered.
func (c *Client) examine(m Memory, answer *Answer) {
	answer.lies = m.Lies || m.refutes(answer)
	if answer.lies && !m.Lies {
		c.log.Warn("the server gives other content under the same ETag or Last-Modified: it is asked without them from now on",
			"url", c.Show(answer.URL))
	}
}

// Contradicts reports whether a page came with the validators of the memory, and with another body.
func (p Page) Contradicts(known Page) bool {
	return p.Any() && p.ETag == known.ETag && p.Modified == known.Modified && known.Sum != "" && p.Sum != known.Sum
}

// Settle brings the memory of a listing of one page, which is as it is remembered, up to date with this answer.
func (c *Client) Settle(m Memory, answer *Answer) Memory {
	if answer.Body == nil || m.Lies || !m.Any() || !m.doubted(time.Now()) {
		return m
	}
	fresh := c.Memorize(answer)
	fresh.Target, fresh.Cut = m.Target, m.Cut
	return fresh
}

// Still makes the cursor of a listing that is as it is remembered, by this answer.
func (c *Client) Still(m Memory, answer *Answer) bridge.Cursor { return c.Keep(c.Settle(m, answer)) }
