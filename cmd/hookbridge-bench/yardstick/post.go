package yardstick

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Post makes the requests.
func (s *Service) Post(p Posting, _ *struct{}) error {
	body := []byte(`{"id":0,"filler":"` + strings.Repeat("x", max(p.Size-20, 0)) + `"}`)
	numbers, errs := make(chan int), make(chan error, p.InFlight)
	var posting sync.WaitGroup
	for range p.InFlight {
		posting.Go(func() {
			for range numbers {
				if err := s.post(p.URL, body); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	err := hand(p.Count, numbers, errs)
	posting.Wait()
	return err
}

// hand hands out the numbers of requests, until one of them fails.
func hand(count int, numbers chan<- int, errs <-chan error) error {
	defer close(numbers)
	for i := range count {
		select {
		case numbers <- i:
		case err := <-errs:
			return err
		}
	}
	return nil
}

func (s *Service) post(url string, body []byte) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("post: %w %s", errStatus, response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
