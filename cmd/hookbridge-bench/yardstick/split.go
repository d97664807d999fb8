package yardstick

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Split answers with the number of items.
func (s *Service) Split(r Reading, items *int) error {
	for range r.Rounds {
		for url := r.URL; url != ""; {
			next, count, err := s.split(url)
			if err != nil {
				return err
			}
			*items += count
			url = next
		}
	}
	return nil
}

// split reads one body, and returns where the next one is.
func (s *Service) split(url string) (next string, count int, err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", 0, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("get %s: %w %s", url, errStatus, response.Status)
	}
	if next = response.Header.Get("Link"); next != "" {
		path, _, _ := strings.Cut(strings.TrimPrefix(next, "<"), ">")
		resolved, err := request.URL.Parse(path)
		if err != nil {
			return "", 0, err
		}
		next = resolved.String()
	}
	count, err = splitItems(jsontext.NewDecoder(response.Body))
	return next, count, err
}

// splitItems reads to the list, which is the last member of the body, and through it, item by item.
func splitItems(body *jsontext.Decoder) (count int, err error) {
	for body.PeekKind() != '[' {
		if _, err := body.ReadToken(); err != nil {
			return 0, err
		}
	}
	if _, err := body.ReadToken(); err != nil {
		return 0, err
	}
	for ; body.PeekKind() == '{'; count++ {
		if _, err := body.ReadValue(); err != nil {
			return 0, err
		}
	}
	for {
		if _, err := body.ReadToken(); err == io.EOF {
			return count, nil
		} else if err != nil {
			return 0, err
		}
	}
}
