package feed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/mmcdole/gofeed"
)

// An entry is one entry of a feed, as it becomes an item. What a feed does not say is null.
type entry struct {
	Title      *string     `json:"title"`
	Link       *string     `json:"link"`
	ID         *string     `json:"id"`
	Published  *string     `json:"published"` // RFC 3339 in UTC
	Updated    *string     `json:"updated"`   // RFC 3339 in UTC
	Author     *string     `json:"author"`
	Summary    *string     `json:"summary"`
	Content    *string     `json:"content"`
	Categories []string    `json:"categories"`
	Enclosures []enclosure `json:"enclosures"`

	date string // as far as an identity needs one: published, else updated, as written where it cannot be read
}

// An enclosure is a file that belongs to an entry.
type enclosure struct {
	URL    *string `json:"url"`
	Type   *string `json:"type"`
	Length *int64  `json:"length"` // in bytes
}

func newEntry(item *gofeed.Item) entry {
	e := entry{
		Title:     text(item.Title),
		Link:      text(item.Link),
		ID:        text(item.GUID),
		Published: instant(item.PublishedParsed),
		Updated:   instant(item.UpdatedParsed),
		Author:    author(item.Authors),
		Summary:   text(item.Description),
		Content:   text(item.Content),
	}
	for _, category := range item.Categories {
		e.Categories = append(e.Categories, clean(category))
	}
	for _, file := range item.Enclosures {
		e.Enclosures = append(e.Enclosures, newEnclosure(file))
	}
	e.date = dateOf(e, item)
	return e
}

func newEnclosure(file *gofeed.Enclosure) enclosure {
	e := enclosure{URL: text(file.URL), Type: text(file.Type)}
	if length, err := strconv.ParseInt(strings.TrimSpace(file.Length), 10, 64); err == nil {
		e.Length = &length
	}
	return e
}

func dateOf(e entry, item *gofeed.Item) string {
	for _, date := range []*string{e.Published, e.Updated, text(item.Published), text(item.Updated)} {
		if date != nil {
			return *date
		}
	}
	return ""
}

// author joins the names of the authors, and takes the address of one without a name.
func author(persons []*gofeed.Person) *string {
	var names []string
	for _, person := range persons {
		if person == nil {
			continue
		}
		if name := text(person.Name); name != nil {
			names = append(names, *name)
		} else if address := text(person.Email); address != nil {
			names = append(names, *address)
		}
	}
	return text(strings.Join(names, ", "))
}

// body writes the entry as JSON, its members always in the same order.
func (e entry) body() ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write entry: %w", err)
	}
	return body, nil
}

// identity returns the entry's key: guid, else link, else title and date.
func (e entry) identity() (string, error) {
	switch {
	case e.ID != nil:
		return *e.ID, nil
	case e.Link != nil:
		return *e.Link, nil
	case e.Title != nil && e.date != "":
		return *e.Title + " (" + e.date + ")", nil
	case e.Title != nil:
		return *e.Title, nil
	case e.date != "":
		return e.date, nil
	}
	return "", errors.New("no key: it has neither a guid, nor a link, nor a title, nor a date; set key")
}

func text(s string) *string {
	s = strings.TrimSpace(clean(s))
	if s == "" {
		return nil
	}
	return &s
}

func clean(s string) string { return strings.ToValidUTF8(s, "�") }

func instant(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return text(t.UTC().Format(time.RFC3339))
}
