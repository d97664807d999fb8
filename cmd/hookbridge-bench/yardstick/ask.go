package yardstick

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Ask answers with the number of requests. It is a loop around one timer and a heap of what is due next, with a
// goroutine only for a request that is under way.
func (s *Service) Ask(r Round, requests *int) error {
	began := time.Now()
	due := schedule(r, began)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var asking sync.WaitGroup
	var failed error
	var once sync.Once
	for ; ; *requests++ {
		next := due[0]
		if next.at.Sub(began) > r.For {
			break
		}
		timer.Reset(time.Until(next.at))
		<-timer.C
		asking.Go(func() {
			if err := s.ask(next); err != nil {
				once.Do(func() { failed = err })
			}
		})
		next.at = next.at.Add(r.Every)
		heap.Fix(&due, 0)
	}
	asking.Wait()
	return failed
}

// schedule spreads the lists over the interval.
func schedule(r Round, began time.Time) queue {
	due := make(queue, 0, r.Lists)
	for i := range r.Lists {
		at := began.Add(r.Every * time.Duration(i) / time.Duration(r.Lists))
		due = append(due, &list{url: r.URL + "/" + strconv.Itoa(i), at: at})
	}
	return due
}

// list is what is asked for again and again.
type list struct {
	url string
	at  time.Time

	mu  sync.Mutex // held while it is asked for
	tag string
}

// ask is one conditional request.
func (s *Service) ask(l *list) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, l.url, http.NoBody)
	if err != nil {
		return err
	}
	if l.tag != "" {
		request.Header.Set("If-None-Match", l.tag)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusNotModified && (response.StatusCode != http.StatusOK || l.tag != "") {
		return fmt.Errorf("get %s: %w %s", l.url, errStatus, response.Status)
	}
	l.tag = response.Header.Get("ETag")
	return nil
}

// queue is a heap of lists, by when they are due.
type queue []*list

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*list)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
