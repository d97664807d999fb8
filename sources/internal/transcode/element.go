package transcode

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// element reads the rest of an element and writes it as JSON. Of its children it takes those that are wanted.
func (x *reader) element(start xml.StartElement, keep filter) ([]byte, error) {
	members := &members{}
	if err := x.attributes(start, members); err != nil {
		return nil, err
	}
	var text []byte
	leaf := true
	for {
		token, err := x.token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
			err = x.keep(len(token))
		case xml.StartElement:
			leaf = false
			err = x.member(token, keep, members)
		case xml.EndElement:
			return x.finish(members, bytes.TrimSpace(text), leaf)
		}
		if err != nil {
			return nil, err
		}
	}
}

// keep counts what is written.
func (x *reader) keep(n int) error {
	if x.kept += int64(n); x.limits.Item > 0 && x.kept > x.limits.Item {
		return fmt.Errorf("%s%w", x.place, tooLarge(x.limits))
	}
	return nil
}

// attributes takes the attributes of an element, but for declarations of namespaces.
func (x *reader) attributes(start xml.StartElement, members *members) error {
	for _, attribute := range start.Attr {
		name := prefixed(attribute.Name)
		if name == "xmlns" || attribute.Name.Space == "xmlns" {
			continue
		}
		if members.has("@" + name) {
			return fmt.Errorf("%sinvalid XML: the attribute %.40q stands twice in an element", x.place, name)
		}
		value, ok := appendText(nil, []byte(attribute.Value))
		if !ok {
			return fmt.Errorf("%sinvalid UTF-8", x.place)
		}
		if err := x.keep(len(name) + len(value)); err != nil {
			return err
		}
		members.add("@"+name, value)
	}
	return nil
}

// member takes one child element.
func (x *reader) member(start xml.StartElement, keep filter, members *members) error {
	inside, wanted := keep.into(nameOf(start))
	if !wanted {
		return x.skip()
	}
	value, err := x.element(start, inside)
	if err != nil {
		return err
	}
	members.add(nameOf(start), value)
	return x.keep(len(nameOf(start)))
}

func (x *reader) finish(members *members, text []byte, leaf bool) ([]byte, error) {
	quoted, ok := appendText(nil, text)
	if !ok {
		return nil, fmt.Errorf("%sinvalid UTF-8", x.place)
	}
	if leaf && len(members.order) == 0 {
		return quoted, nil
	}
	if len(text) > 0 {
		members.add("#text", quoted)
	}
	item := members.appendTo(nil)
	if x.limits.Item > 0 && int64(len(item)) > x.limits.Item {
		return nil, fmt.Errorf("%s%w", x.place, tooLarge(x.limits))
	}
	return item, nil
}

// members are those of a JSON object that is to be. One that is added several times is a list.
type members struct {
	order  []string
	values map[string]*member
}

type member struct {
	raw   []byte
	count int
}

func (m *members) has(name string) bool { return m.values[name] != nil }

func (m *members) add(name string, value []byte) {
	known := m.values[name]
	if known == nil {
		if m.values == nil {
			m.values = map[string]*member{}
		}
		m.order = append(m.order, name)
		m.values[name] = &member{raw: value, count: 1}
		return
	}
	known.raw = append(append(known.raw, ','), value...)
	known.count++
}

func (m *members) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range m.order {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = appendText(dst, []byte(name)) // the parser takes no name that is not UTF-8
		dst = append(dst, ':')
		value := m.values[name]
		if value.count > 1 {
			dst = append(append(append(dst, '['), value.raw...), ']')
			continue
		}
		dst = append(dst, value.raw...)
	}
	return append(dst, '}')
}
