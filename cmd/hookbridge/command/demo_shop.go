package command

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// shop is the API of the demo: orders over two pages and more, that come, move on and go. It has no webhooks.
type shop struct {
	mu     sync.Mutex
	orders []order
	next   int
}

type order struct {
	ID     int    `json:"id"`
	Item   string `json:"item"`
	Status string `json:"status"`
	Viewed int    `json:"viewed"`
}

// ordersAPage is so small that the demo shows pages at work.
const ordersAPage = 3

func newShop() *shop {
	s := &shop{next: 1001}
	for range 4 {
		s.come()
	}
	return s
}

// live lets one thing happen each time that ticks ticks, until done.
func (s *shop) live(ticks <-chan time.Time, done <-chan struct{}) {
	for step := 0; ; step++ {
		select {
		case <-done:
			return
		case <-ticks:
			s.happen(step)
		}
	}
}

func (s *shop) happen(step int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch step % 4 {
	case 0, 2:
		s.move()
	case 1:
		s.come()
	case 3:
		s.orders = slices.Delete(s.orders, 0, 1)
	}
}

func (s *shop) come() {
	items := []string{"teapot", "lamp", "chess set", "umbrella", "bicycle bell"}
	s.orders = append(s.orders, order{ID: s.next, Item: items[s.next%len(items)], Status: "paid"})
	s.next++
}

// move moves one order on its way.
func (s *shop) move() {
	o := &s.orders[rand.IntN(len(s.orders))]
	switch o.Status {
	case "paid":
		o.Status = "packed"
	case "packed":
		o.Status = "shipped"
	default:
		o.Status = "delivered"
	}
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	orders, more := s.page(max(page, 1))
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<%s?page=%d>; rel="next"`, r.URL.Path, max(page, 1)+1))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, map[string]any{"orders": orders})
}

// page returns a page of the orders, and whether there is another.
func (s *shop) page(number int) ([]order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := min((number-1)*ordersAPage, len(s.orders))
	to := min(from+ordersAPage, len(s.orders))
	for i := from; i < to; i++ {
		s.orders[i].Viewed++
	}
	return slices.Clone(s.orders[from:to]), to < len(s.orders)
}
