// Package fetch is the HTTP client that sources share. It asks politely (validators, Retry-After), believes
// little (every part of an answer has a bound, and nothing of a body is handed out before all of it has
// arrived) and tells no secrets: credentials go to the origin that they were written for and nowhere else,
// and no error or trace names one.
//
// [Read] takes the attributes that every such source has from its block, [New] makes a client of them, and
// [Client.Ask] and [Client.Fetch] get one page each.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/jitter"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
)

// A Client makes the requests of one source. Its methods are safe for concurrent use.
type Client struct {
	settings    Settings
	agent       string
	temp        string
	fingerprint string
	cover       cover
	log         *slog.Logger
	lounge      *lounge
	accounts    *accounts
	tape        bridge.Tape   // nil: there is none
	offline     bool          // the tape plays
	random      jitter.Source // of the waits between tries
}

// New makes a client. What is in parts belongs to the identity of the request as much as its URL does:
// what a poll under other parts remembered is not believed.
func New(s Settings, env bridge.Env, parts ...string) *Client {
	if env.Open != nil {
		s.loose = slices.DeleteFunc(s.loose, env.Open)
	}
	c := &Client{
		settings:    s,
		agent:       strings.TrimSuffix("hookbridge/"+env.Version, "/"),
		temp:        env.Temp,
		fingerprint: s.fingerprint(parts),
		log:         env.Log,
		accounts:    newAccounts(env),
		tape:        env.Tape,
		random:      env.Random,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.lounge = findLounge(s, env)
	if c.tape != nil {
		_, c.offline = c.tape.Playing()
		c.tape.Conceal(c.concealed)
	}
	return c
}

// A Request is for one page. Its URL is as the config or the server wrote it; the client adds credentials
// where they belong.
type Request struct {
	Page  int // from 1
	URL   *url.URL
	Trace func(bridge.Exchange) // is told of each answer that Fetch does not return; may be nil

	// Header and Body stand in for those of the settings where they are not nil; a header without values is
	// left out.
	Header http.Header
	Body   []byte

	tried          bool          // this is not the first try
	again          time.Duration // that was waited since the last one
	etag, modified string
	stamp          credential.Stamp // of what it was signed with
}

func (r Request) trace(e bridge.Exchange) {
	if r.Trace != nil {
		r.Trace(e)
	}
}

// An Answer is a 2xx, or one that a rule takes, whose Body has arrived as a whole; or a 304, which has none.
type Answer struct {
	Status   int
	Header   http.Header
	URL      *url.URL      // which answered in the end, after redirects
	Body     *Spool        // nil for a 304; the caller closes it
	Bounded  bool          // the answer's end was marked, so that a cut would have been seen
	Wait     time.Duration // the server asked not to be asked sooner than this from now; 0: it did not
	Exchange bridge.Exchange
	Action   Action // by a rule: ByStatus, OK, Empty or Skip

	lies  bool // its validators say nothing of its body
	stamp credential.Stamp
}

// Close lets go of the body.
func (a *Answer) Close() error {
	if a.Body == nil {
		return nil
	}
	return a.Body.Close()
}

// Unchanged reports whether the server said that nothing changed.
func (a *Answer) Unchanged() bool { return a.Status == http.StatusNotModified }

// Rest ends a poll: a source calls it whether that went well or not. Nothing of a poll outlives it but a
// connection, where its server is polled often: until the next poll, for half a minute, or until Close. A POST
// gets a new one each time, since it cannot be sent again where the server gave up an old one meanwhile.
func (c *Client) Rest() {
	c.accounts.leave()
	c.lounge.leave(c, c.settings.Method == http.MethodGet)
}

// Close closes what is kept between polls, unless other sources may go on with it: that closes by itself. It is called
// after the last poll.
func (c *Client) Close() error {
	c.lounge.close()
	return nil
}

// Hide returns the error with every secret of the source taken out of its text. It wraps err.
func (c *Client) Hide(err error) error { return c.veil().Wrap(err) }

// URL returns a copy of the configured URL, its query included.
func (c *Client) URL() *url.URL { return clone(c.settings.URL) }

// attempt makes one request, follows its redirects and reads the answer.
func (c *Client) attempt(ctx context.Context, r Request) (*Answer, error) {
	began := time.Now()
	exchange := bridge.Exchange{Page: r.Page, Method: c.settings.Method, URL: c.trace(r.URL)}
	if r.again > 0 {
		exchange.Say(fmt.Sprintf("tried again after %s", r.again.Round(10*time.Millisecond)))
	}
	answer, err := c.exchange(ctx, r, &exchange)
	exchange.Duration += time.Since(began)
	if r.tried && errors.Is(err, bridge.ErrPlayedOut) {
		return nil, err // there was no such request
	}
	if err != nil {
		exchange.Say(c.veil().Text(err.Error()))
		r.trace(exchange)
		return nil, err
	}
	if to := c.Show(answer.URL); to != c.Show(r.URL) {
		exchange.Say("redirected to " + to)
	}
	answer.Exchange = exchange
	return answer, nil
}

func (c *Client) exchange(ctx context.Context, r Request, told *bridge.Exchange) (*Answer, error) {
	w := watch(ctx)
	defer w.end()
	req, err := c.request(w.ctx, r)
	if err != nil {
		return nil, err
	}
	resp, stamp, err := c.do(w, req, r, told)
	r.stamp = stamp
	if err != nil {
		return nil, w.explain(c.settings.route.Explain(plain(err)))
	}
	defer resp.Body.Close()
	resp.Body = w.body(resp.Body, c.settings.Limits.Idle)
	told.Status = resp.StatusCode
	answer, err := c.read(resp, r)
	if err != nil {
		return nil, w.explain(err)
	}
	if answer.Body != nil {
		told.Size = answer.Body.Size
	}
	return answer, nil
}

// read takes in an answer that is good by its status or by a rule, and makes an error of any other.
func (c *Client) read(resp *http.Response, r Request) (*Answer, error) {
	unpacked := decompress(resp)
	answer := &Answer{
		Status: resp.StatusCode, Header: resp.Header, URL: resp.Request.URL,
		Bounded: bounded(resp), Wait: asked(resp.Header, time.Now()), stamp: r.stamp,
	}
	switch rules := c.settings.Rules; {
	case resp.StatusCode == http.StatusNotModified:
		if r.etag == "" && r.modified == "" {
			return nil, fmt.Errorf("status 304 to a request without validators: " +
				"what did not change cannot be known; does a cache stand in between?")
		}
		return answer, nil
	case unpacked != nil && resp.StatusCode/100 == 2:
		return nil, unpacked
	case unpacked != nil:
		resp.Body = http.NoBody
	case rules != nil && rules.Concern(resp.StatusCode):
		return c.judge(resp, answer, r)
	}
	return c.byStatus(resp, answer, r)
}

// byStatus takes in an answer that no rule speaks of. Its body may have been read.
func (c *Client) byStatus(resp *http.Response, answer *Answer, r Request) (*Answer, error) {
	err := c.failure(resp, r)
	if err == nil && answer.Body == nil {
		answer.Body, err = fill(resp.Body, c.settings.Limits.Body, c.temp)
	}
	if err != nil {
		return nil, errors.Join(err, answer.Close())
	}
	return answer, nil
}

// failure is the error that a status is.
func (c *Client) failure(resp *http.Response, r Request) error {
	switch {
	case resp.StatusCode/100 != 2:
		return c.refused(resp, r)
	case resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusResetContent:
		return fmt.Errorf("status %d has no body, and none is not taken for an empty list", resp.StatusCode)
	case resp.StatusCode == http.StatusPartialContent:
		return fmt.Errorf("status 206 is a part of an answer, and no part was asked for")
	}
	return nil
}

// bounded reports whether the end of the body is marked: by its length, by chunks, by frames of HTTP/2, or
// by the end of the compressed stream.
func bounded(resp *http.Response) bool {
	return resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 || resp.ProtoMajor > 1 || resp.Uncompressed
}

// drain reads the start of a body that is only looked at.
func drain(body io.Reader, most int64) []byte {
	start, _ := io.ReadAll(io.LimitReader(body, most)) // what arrived of it is enough
	return start
}
