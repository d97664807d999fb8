package http

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	nethttp "net/http"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// Listings of more pages than this, or with longer names for them, are always read in full.
const (
	mostNotes    = 100
	longestNotes = 64 << 10
)

// A notebook takes down what the pages of a listing gave to ask again with.
type notebook struct {
	open  bool         // it is of use
	known []fetch.Page // of the last listing
	first fetch.Memory // of the first page
	more  []fetch.Page
	size  int
}

func (n *notebook) add(client *fetch.Client, p *page) {
	if p.answer.Action == fetch.Empty {
		n.open = false
		return
	}
	if p.number == 1 {
		n.first = client.Memorize(p.answer)
		return
	}
	note := fetch.Page{At: p.place.String(), Validators: p.answer.Validators(), Sum: p.answer.Sum()}
	if i := p.number - 2; i < len(n.known) && n.known[i].At == note.At && note.Contradicts(n.known[i]) {
		n.first.Lies = true
	}
	n.size += len(note.At) + len(note.ETag) + len(note.Modified)
	secret := p.place.url != nil && client.Hides(p.place.url)
	if !note.Any() || !n.first.Any() || secret || p.number > mostNotes || n.size > longestNotes {
		n.open, n.more = false, nil
	}
	if n.open {
		n.more = append(n.more, note)
	}
}

// remember makes a memory of what was read. What was held back is to be read again, whether it changes or not,
// and nothing is known of when what a rule took for empty will be more.
func (l *listing) remember(last *page) fetch.Memory {
	memory := l.notes.first
	switch {
	case l.tide != nil && l.tide.held > 0, last.answer.Action == fetch.Empty:
		return l.client.Memorize(nil)
	case l.notes.open && memory.Any():
		memory.More = l.notes.more
	case last.number > 1:
		return l.client.Memorize(nil)
	default:
		memory.Validators = fetch.Validators{}
	}
	return memory
}

// open asks for the first page, and where all is remembered whether any page changed. Same says that none did:
// every page of the last listing gave a 304, since a page alone would not say what stands on the others. Else
// the answer is the first page, asked for without validators.
func (l *listing) open(request fetch.Request, memory *fetch.Memory) (answer *fetch.Answer, same bool, err error) {
	doubt := certain
	if len(memory.More) == 0 {
		doubt = l.paging.doubt(*memory)
	}
	answer, err = l.client.Ask(l.ctx, request, *memory, doubt)
	if err != nil {
		return nil, false, err
	}
	if !l.same(answer, *memory) {
		return answer, false, nil
	}
	*memory = l.client.Settle(*memory, answer)
	if err := l.close(answer); err != nil || len(memory.More) == 0 {
		return nil, true, err
	}
	if same, err := l.recheck(*memory); err != nil || same {
		return nil, same, err
	}
	answer, err = l.client.Fetch(l.ctx, request)
	return answer, false, err
}

// same reports whether the first page is as it is remembered.
func (l *listing) same(answer *fetch.Answer, memory fetch.Memory) bool {
	if answer.Action != fetch.ByStatus {
		return false
	}
	only := len(memory.More) == 0
	return answer.Unchanged() || only && memory.Holds(answer) && l.paging.settled(answer, memory.Cut)
}

// close ends an answer that is not read, since it is as it is remembered, or goes unused.
func (l *listing) close(answer *fetch.Answer) error {
	l.wait = max(l.wait, answer.Wait)
	note := "unchanged"
	if !answer.Unchanged() && answer.Exchange.Page > 1 {
		note = "changed: all is listed anew"
	}
	answer.Exchange.Say(note)
	l.inTurn(func() { l.trace(answer.Exchange) })
	return answer.Close()
}

func certain(*fetch.Answer) bool { return false }

// recheck reports whether every page after the first is as it is remembered. A page that is gone is not.
func (l *listing) recheck(memory fetch.Memory) (bool, error) {
	for i, known := range memory.More {
		doubt := certain
		if i == len(memory.More)-1 {
			doubt = l.paging.doubt(memory)
		}
		same, err := l.recheckPage(i+2, known.At, memory.Of(known), doubt)
		if status := fetch.StatusOf(err); status >= 400 && status < 500 && status != nethttp.StatusTooManyRequests {
			return false, nil
		}
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (l *listing) recheckPage(number int, where string, known fetch.Memory, doubt func(*fetch.Answer) bool) (bool, error) {
	at, ok := l.paging.at(where)
	if !ok {
		return false, nil
	}
	request, err := l.request(number, at)
	if err != nil {
		return false, err
	}
	answer, err := l.client.Ask(l.ctx, request, known, doubt)
	if err != nil {
		return false, err
	}
	return answer.Unchanged(), l.close(answer)
}

// at reads a place from a memory, which may be of another time.
func (g *paging) at(text string) (at place, ok bool) {
	if g.kind != "link" && g.kind != "next" {
		return place{value: []byte(text)}, true
	}
	at, err := urlOf(text)
	return at, err == nil && g.allows(at.url) == nil
}

// targetOf tells requests apart, without telling what is in them.
func targetOf(r fetch.Request) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%q\n%s", r.URL, r.Header, r.Body))
	return hex.EncodeToString(sum[:16])
}
