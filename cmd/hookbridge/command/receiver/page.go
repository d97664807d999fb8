package receiver

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// A painter colours what goes to a terminal.
type painter struct{ colors bool }

// The colours, by what they are for: ISO 6429.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
	bold   = "1"
)

func (p painter) paint(text, color string) string {
	if !p.colors || text == "" || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// page tells a webhook with its headers and its body, and what changed in it marked.
func (w *webhook) page(p painter) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s\n", w.at.Format(time.TimeOnly), p.paint(w.title(), bold),
		p.paint(clip(safe(w.summary()), maxLine), w.color()))
	w.writeHeaders(&b, p)
	w.writeDifferences(&b, p)
	b.WriteString(w.indented(p))
	fmt.Fprintf(&b, "  %s\n\n", p.paint(w.outcome(), dim))
	return b.String()
}

// writeDifferences tells what changed; of events that came together, under the title of each.
func (w *webhook) writeDifferences(b *strings.Builder, p painter) {
	for _, difference := range w.differences() {
		fmt.Fprintf(b, "  %s\n", p.paint(difference, yellow))
	}
	for _, one := range w.shownOfBatch() {
		fmt.Fprintf(b, "  %s\n", p.paint(one.title(), bold))
		one.writeDifferences(b, p)
	}
}

// title names the event.
func (w *webhook) title() string {
	if w.batch != nil {
		return w.together()
	}
	if w.kind == "" {
		return clip(safe(w.request.Method+" "+w.request.RequestURI), maxValue)
	}
	title := clip(safe(w.kind), maxValue) + " " + clip(safe(w.data.Key), maxValue)
	if strings.HasPrefix(w.format, "cloudevents") {
		title += " (" + strings.ReplaceAll(w.format, "_", ", ") + ")"
	}
	return strings.TrimSpace(title)
}

func (w *webhook) color() string {
	switch {
	case !w.taken:
		return red
	case !w.verdict.whole():
		return yellow
	}
	return green
}

func (w *webhook) outcome() string {
	if w.forwarded != nil {
		return safe(w.forwarded.String())
	}
	return fmt.Sprintf("answered %d", w.answered)
}

// mostHeaders bounds the lines of headers on a page.
const mostHeaders = 100

func (w *webhook) writeHeaders(b *strings.Builder, p painter) {
	fmt.Fprintf(b, "  %s\n", p.paint(clip(safe(fmt.Sprintf("%s %s %s",
		w.request.Method, w.request.RequestURI, w.request.Proto)), maxHeader), dim))
	header := shown(w.request.Header)
	lines := 0
	for _, name := range sortedNames(header) {
		for _, value := range header[name] {
			if lines++; lines > mostHeaders {
				return
			}
			fmt.Fprintf(b, "  %s %s\n", p.paint(safe(name)+":", dim), clip(safe(value), maxHeader))
		}
	}
}

// indented is the body, as JSON if it is any.
func (w *webhook) indented(p painter) string {
	if len(w.body) == 0 {
		return ""
	}
	if !jsontext.Value(w.body).IsValid() {
		return "  " + printable(w.body, maxPage) + "\n"
	}
	t := tree{decoder: jsontext.NewDecoder(bytes.NewReader(w.body)), painter: p, marks: w.marks(), left: maxPage}
	t.write("  ")
	whole := t.value("", "  ", "")
	t.write("\n")
	if !whole {
		fmt.Fprintf(&t.out, "  … %d bytes in all\n", len(w.body))
	}
	return t.out.String()
}

// marks are the places of what changed, with the colours of what was and what is.
func (w *webhook) marks() map[jsontext.Pointer]string {
	marks := map[jsontext.Pointer]string{}
	for _, pointer := range w.data.Changed {
		marks[w.root+"/before"+jsontext.Pointer(pointer)] = red
		marks[w.root+"/after"+jsontext.Pointer(pointer)] = green
	}
	for _, one := range w.batch {
		maps.Copy(marks, one.marks())
	}
	return marks
}
