package receiver

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A tree writes a JSON document that is valid, indented and with some places in colour.
type tree struct {
	decoder *jsontext.Decoder
	painter painter
	marks   map[jsontext.Pointer]string // colours
	out     strings.Builder
	left    int // bytes that may be written
}

const step = "  "

// value writes the next value, whose place is known, on a line that has begun. It reports false where there is no
// room left.
func (t *tree) value(at jsontext.Pointer, indent, color string) bool {
	if own, marked := t.marks[at]; marked {
		color = own
	}
	switch t.decoder.PeekKind() {
	case '{':
		return t.all("{", "}", indent, color, func(int) bool { return t.member(at, indent+step, color) })
	case '[':
		return t.all("[", "]", indent, color, func(i int) bool {
			return t.value(at.AppendToken(strconv.Itoa(i)), indent+step, color)
		})
	}
	raw, err := t.decoder.ReadValue()
	return err == nil && t.paint(printable(raw, maxPage), color)
}

// member writes a name and its value.
func (t *tree) member(at jsontext.Pointer, indent, color string) bool {
	raw, err := t.decoder.ReadValue()
	if err != nil {
		return false
	}
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return false
	}
	at = at.AppendToken(string(name))
	if own, marked := t.marks[at]; marked {
		color = own
	}
	return t.paint(printable(raw, maxPage), color) && t.write(": ") && t.value(at, indent, color)
}

// all writes an object or an array.
func (t *tree) all(open, end, indent, color string, one func(i int) bool) bool {
	if _, err := t.decoder.ReadToken(); err != nil || !t.paint(open, color) {
		return false
	}
	count := 0
	for ; t.decoder.PeekKind() != jsontext.Kind(end[0]); count++ {
		line := ",\n"
		if count == 0 {
			line = "\n"
		}
		if !t.write(line+indent+step) || !one(count) {
			return false
		}
	}
	if count > 0 && !t.write("\n"+indent) {
		return false
	}
	_, err := t.decoder.ReadToken()
	return err == nil && t.paint(end, color)
}

func (t *tree) paint(text, color string) bool { return t.write(t.painter.paint(text, color)) }

func (t *tree) write(text string) bool {
	if t.left -= len(text); t.left < 0 {
		return false
	}
	t.out.WriteString(text)
	return true
}
