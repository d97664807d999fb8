package receiver

import (
	"fmt"
	"strings"
	"time"
)

// mostChanges bounds the differences that are told.
const mostChanges = 20

// line tells a webhook in a line: its type and key, and what is new.
func (w *webhook) line() string {
	return fmt.Sprintf("%s  %s  [%s]\n", w.at.Format(time.TimeOnly), w.describe(), clip(safe(w.summary()+w.fate()), maxLine))
}

// fate tells how a webhook was answered, where that is not plain.
func (w *webhook) fate() string {
	switch {
	case w.forwarded != nil:
		return ", " + w.forwarded.String()
	case w.taken && w.answered != plainAnswer:
		return fmt.Sprintf(", answered %d", w.answered)
	}
	return ""
}

// describe tells an event without its verdict.
func (w *webhook) describe() string {
	if w.batch != nil {
		return clip(w.together()+": "+w.titles(), maxLine)
	}
	if w.kind == "" {
		return printable(w.body, maxValue)
	}
	line := fmt.Sprintf("%-16s %-8s", clip(safe(w.kind), maxValue), clip(safe(w.data.Key), maxValue))
	switch w.data.Change {
	case "updated":
		return line + " " + strings.Join(w.differences(), ", ")
	case "created":
		return line + " " + printable(w.data.After, maxValue)
	case "deleted":
		return line + " was " + printable(w.data.Before, maxValue)
	}
	return line + " " + printable(w.body, maxValue)
}

// together counts the events of a batch.
func (w *webhook) together() string { return fmt.Sprintf("%d events together", len(w.batch)) }

func (w *webhook) titles() string {
	var titles []string
	for _, one := range w.shownOfBatch() {
		titles = append(titles, one.title())
	}
	return strings.Join(titles, ", ")
}

// mostOfBatch bounds the events of a batch that are told one by one.
const mostOfBatch = 100

func (w *webhook) shownOfBatch() []*webhook { return w.batch[:min(len(w.batch), mostOfBatch)] }

// differences tells what changed, before and after.
func (w *webhook) differences() []string {
	var parts []string
	for i, pointer := range w.data.Changed {
		if i == mostChanges {
			return append(parts, fmt.Sprintf("and %d more", len(w.data.Changed)-i))
		}
		parts = append(parts, fmt.Sprintf("%s: %s → %s",
			clip(safe(pointer), maxValue), at(w.data.Before, pointer), at(w.data.After, pointer)))
	}
	return parts
}
