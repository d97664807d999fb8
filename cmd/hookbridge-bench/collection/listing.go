package collection

import "strconv"

// A Listing is a collection as the bytes of a JSON array without its brackets. It is not safe for concurrent use.
type Listing struct {
	text []byte // items, each followed by a comma
	ends []int  // of each item in text, its comma included
}

// Write makes the listing that of a collection as it stands, in the room that it has already.
func (l *Listing) Write(c *Collection) {
	l.text, l.ends = l.text[:0], l.ends[:0]
	for _, id := range c.ids {
		l.text = append(c.appendItem(l.text, id), ',')
		l.ends = append(l.ends, len(l.text))
	}
}

// Len is the number of items.
func (l *Listing) Len() int { return len(l.ends) }

// Part returns the items from one position up to another, with commas between. The bytes are the listing's own.
func (l *Listing) Part(from, to int) []byte {
	if from >= to {
		return nil
	}
	return l.text[l.start(from) : l.ends[to-1]-1]
}

func (l *Listing) start(position int) int {
	if position == 0 {
		return 0
	}
	return l.ends[position-1]
}

// View sets the volatile field of the items from one position up to another, in the bytes that are there.
func (l *Listing) View(from, to int, views uint32) {
	digits := strconv.AppendUint(nil, leastViews+uint64(views), 10)
	for position := from; position < to; position++ {
		end := l.ends[position] - len(`},`)
		copy(l.text[end-viewsWidth:end], digits)
	}
}
