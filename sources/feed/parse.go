package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mmcdole/gofeed"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// mostLevels bounds the nesting of elements or values; the parsers go down one call for each.
const mostLevels = 1000

// parse reads a feed of any kind and returns its entries in their order.
func parse(body io.Reader, contentType string) (entries []entry, err error) {
	decoded, err := decode(body, contentType)
	if err != nil {
		return nil, err
	}
	decoded, err = check(decoded)
	if err != nil {
		return nil, err
	}
	// The library reads what strangers write; should it ever stumble, only this poll falls.
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the parser gave up on it: %v", fault)
		}
	}()
	found, err := gofeed.NewParser().Parse(bytes.NewReader(decoded))
	if err != nil {
		return nil, err
	}
	for _, item := range found.Items {
		entries = append(entries, newEntry(item))
	}
	return entries, nil
}

// check refuses what is no feed before it is parsed, and returns the rest from its first element on.
func check(text []byte) ([]byte, error) {
	text = bytes.TrimLeft(text, " \t\r\n")
	switch {
	case len(text) == 0:
		return nil, errors.New("the answer is empty")
	case text[0] == '{':
		return text, checkJSON(text)
	case text[0] == '<':
		return checkXML(text)
	}
	return nil, errors.New("the answer is neither XML nor a JSON object: no feed")
}

// checkJSON asks for what a JSON Feed has to have (jsonfeed.org, version 1.1): a version and items.
func checkJSON(text []byte) error {
	version := document.Path{{Kind: document.Member, Name: "version"}}
	items := document.Path{{Kind: document.Member, Name: "items"}}
	limits := document.Limits{Item: int64(len(text)), Depth: mostLevels}
	found, err := document.Split(bytes.NewReader(text), items, []document.Path{version}, limits,
		func(position int, item []byte) error {
			if item[0] != '{' {
				return fmt.Errorf("entry %d is no object", position)
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("no JSON feed: %w", err)
	}
	name, _ := document.Text(found[0])
	if !strings.Contains(name, "jsonfeed.org/version/") {
		return errors.New("no JSON feed: version does not name one of jsonfeed.org; for another API use the kind \"http\"")
	}
	return nil
}

// checkXML reads the elements once without keeping them: the first has to be that of a feed, the last has
// to be there, and none may be too deep. A page of HTML fails at its first.
func checkXML(text []byte) ([]byte, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	start, depth := int64(-1), 0
	for {
		at := dec.InputOffset()
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && start < 0 {
			return nil, errors.New("the answer holds no element: no feed")
		}
		if err != nil {
			return nil, fmt.Errorf("read XML: %w", err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				start = at
				err = checkRoot(element.Name.Local)
			}
		case xml.EndElement:
			depth--
		}
		switch {
		case err != nil:
			return nil, err
		case depth > mostLevels:
			return nil, fmt.Errorf("nested deeper than %d elements", mostLevels)
		case depth == 0 && start >= 0:
			return text[start:], nil
		}
	}
}

func checkRoot(name string) error {
	switch strings.ToLower(name) {
	case "rss", "rdf", "feed":
		return nil
	case "html":
		return errors.New("the answer is an HTML page, not a feed: a login page, an error page, or the site instead of its feed?")
	}
	return fmt.Errorf("the answer is XML whose first element is %.40q: not a feed", name)
}
