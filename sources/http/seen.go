package http

import (
	"fmt"
	"net/url"
)

// seen notices a listing that goes in circles.
type seen struct {
	places map[string]int   // page by place
	sums   map[[16]byte]int // page by body, where it had items
}

// newSeen begins with the first page, which was asked for at a URL.
func newSeen(first place, asked *url.URL) *seen {
	return &seen{map[string]int{first.String(): 1, asked.String(): 1}, map[[16]byte]int{}}
}

// check refuses a next page that was read before, and a server that answers the same page at each place.
func (s *seen) check(p *page, next *place) error {
	if p.items > 0 {
		if earlier, ok := s.sums[p.answer.Body.Sum]; ok {
			return fmt.Errorf("it is the same as page %d to the byte: does the server know the parameter of the page?", earlier)
		}
		s.sums[p.answer.Body.Sum] = p.number
	}
	if next == nil {
		return nil
	}
	if earlier, ok := s.places[next.String()]; ok {
		return fmt.Errorf("the next page is page %d again: the listing goes in a circle", earlier)
	}
	s.places[next.String()] = p.number + 1
	return nil
}
