package http_test

import (
	"fmt"
	nethttp "net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A shelf is a collection by id, from which the servers of this file take their pages.
type shelf struct {
	*bridged
	items   map[int]object
	between func() // happens before a page is read
}

func newShelf(b *bridged, count int, item func(id int) object) *shelf {
	s := &shelf{bridged: b, items: map[int]object{}, between: func() {}}
	for id := 1; id <= count; id++ {
		s.items[id] = item(id)
	}
	return s
}

// after lists up to so many items with ids above, and reports whether there are more.
func (s *shelf) after(id, most int) (page []object, more bool) {
	s.between()
	ids := make([]int, 0, len(s.items))
	for each := range s.items {
		if each > id {
			ids = append(ids, each)
		}
	}
	slices.Sort(ids)
	page = []object{}
	for _, each := range ids[:min(most, len(ids))] {
		page = append(page, s.items[each])
	}
	return page, len(ids) > most
}

// GitLab: keyset pagination by Link headers, the last of which may lead to an empty page, and RateLimit headers.
func TestGitLabTellsOfWhatHappensToProjects(t *testing.T) {
	play(t, "gitlab", map[string]string{"GITLAB_TOKEN": sourcetest.Secret}, func(b *bridged) {
		s := newShelf(b, 20, func(id int) object {
			return object{"id": id, "name": fmt.Sprint("p", id), "star_count": 1, "last_activity_at": "1999-12-31T00:00:00Z", "topics": []string{"a", "b"}}
		})
		left := 100
		b.serve("gitlab.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			q := r.URL.Query()
			if r.Header.Get("PRIVATE-TOKEN") != sourcetest.Secret {
				writeStatus(rw, nethttp.StatusUnauthorized, object{"message": "401 Unauthorized"})
				return
			}
			if q.Get("pagination") != "keyset" || q.Get("order_by") != "id" {
				writeStatus(rw, nethttp.StatusMethodNotAllowed, object{"error": "Keyset pagination is by id."})
				return
			}
			left--
			rw.Header().Set("RateLimit-Limit", "100")
			rw.Header().Set("RateLimit-Remaining", strconv.Itoa(left))
			rw.Header().Set("RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
			after, _ := strconv.Atoi(q.Get("id_after"))
			page, _ := s.after(after, 5)
			if len(page) == 5 {
				q.Set("id_after", fmt.Sprint(page[4]["id"]))
				rw.Header().Set("Link", fmt.Sprintf(`<http://gitlab.com/api/v4/projects?%s>; rel="next"`, q.Encode()))
			}
			write(rw, page)
		})
		b.leaves("projects")
		s.items[3]["name"], s.items[21] = "renamed", object{"id": 21}
		s.items[4]["star_count"], s.items[4]["last_activity_at"], s.items[5]["topics"] = 2, "2000-01-01T00:00:00Z", []string{"b", "a"}
		delete(s.items, 20)
		b.leaves("projects", "projects.updated 3 /name", "projects.created 21", "projects.deleted 20")
		for id := range 5 {
			delete(s.items, id+1) // a group that nobody is a member of any more
		}
		if report := b.polls("projects"); report.Hold == nil || report.Hold.Deletes != 5 {
			b.Errorf("a quarter is gone: %+v", report)
		}
		b.left()
	})
}

// H1: has_more tells the last page, also where it is exactly full; what scrolls away is not deleted.
func TestAListInTheMannerOfStripeTellsOfWhatIsNewest(t *testing.T) {
	play(t, "stripe-like", map[string]string{"PAYMENTS_KEY": sourcetest.Secret}, func(b *bridged) {
		charge := func(id int) object {
			return object{"id": fmt.Sprint("ch_", -id), "amount": 100, "currency": "eur", "status": "pending", "refunded": false, "amount_refunded": 0}
		}
		s := newShelf(b, 0, charge)
		for n := range 12 {
			s.items[-n-1] = charge(-n - 1) // the newest comes first
		}
		b.serve("api.payments.example.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if !bearer(rw, r) {
				return
			}
			from := -1 << 30
			if id := r.URL.Query().Get("starting_after"); id != "" {
				number, err := strconv.Atoi(id[len("ch_"):])
				if _, known := s.items[-number]; err != nil || !known {
					writeStatus(rw, nethttp.StatusBadRequest, object{"error": object{"code": "resource_missing"}})
					return
				}
				from = -number
			}
			page, more := s.after(from, 1)
			write(rw, object{"object": "list", "data": page, "has_more": more})
		})
		b.leaves("charges") // ten pages
		s.items[-12]["status"] = "succeeded"
		s.items[-11]["refunded"], s.items[-11]["amount_refunded"] = true, 40
		s.items[-13] = charge(-13)
		s.items[-13]["status"] = "succeeded"
		b.leaves("charges",
			`charge.succeeded ch_13 {"amount":100,"currency":"eur","id":"ch_13"}`,
			`charge.succeeded ch_12 {"amount":100,"currency":"eur","id":"ch_12"}`,
			`charge.refunded ch_11 {"amount":40,"currency":"eur","id":"ch_11"}`)
		s.items = map[int]object{}
		b.leaves("charges") // an empty page has no last id, and needs none
	})
}

// HubSpot: the last page has no paging. A limit for ten seconds is a 429 that names no wait.
func TestHubSpotTellsOfContacts(t *testing.T) {
	play(t, "hubspot", map[string]string{"HUBSPOT_TOKEN": sourcetest.Secret}, func(b *bridged) {
		s := newShelf(b, 40, func(id int) object {
			properties := object{"email": fmt.Sprintf("%d@example.com", id), "firstname": "A", "lifecyclestage": "lead"}
			return object{"id": strconv.Itoa(id), "updatedAt": "1999-12-31T00:00:00Z", "archived": false, "properties": properties}
		})
		busy := 0
		b.serve("api.hubapi.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if !bearer(rw, r) {
				return
			}
			if busy > 0 {
				busy--
				writeStatus(rw, nethttp.StatusTooManyRequests, object{"status": "error", "policyName": "TEN_SECONDLY_ROLLING"})
				return
			}
			after, _ := strconv.Atoi(r.URL.Query().Get("after"))
			page, more := s.after(after-1, 15)
			answer := object{"results": page}
			if more {
				next, _ := strconv.Atoi(page[14]["id"].(string))
				answer["paging"] = object{"next": object{"after": strconv.Itoa(next + 1), "link": "https://api.hubapi.com/…"}}
			}
			write(rw, answer)
		})
		b.leaves("contacts")
		busy = 2
		s.items[7]["properties"] = object{"email": "7@example.com", "firstname": "B", "lifecyclestage": "customer"}
		s.items[8]["properties"].(object)["firstname"] = "C"
		s.items[8]["updatedAt"] = "2000-01-01T00:00:00Z"
		delete(s.items, 40)
		b.leaves("contacts", "contacts.updated 7 /properties/firstname,/properties/lifecyclestage", "contacts.deleted 40")
	})
}

// H1: WordPress refuses a page beyond the last, and says on each how many there are.
func TestWordPressTellsOfPosts(t *testing.T) {
	for _, count := range []int{0, 3, 6} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			play(t, "wordpress", nil, func(b *bridged) {
				s := newShelf(b, count, func(id int) object { return object{"id": id, "title": object{"rendered": "T"}} })
				b.serve("blog.example.com", s.wordpress)
				b.leaves("posts")
				s.items[9] = object{"id": 9}
				b.leaves("posts", "posts.created 9")
				delete(s.items, 9)
				b.leaves("posts") // once is no proof
				b.leaves("posts", "posts.deleted 9")
			})
		})
	}
}

func (s *shelf) wordpress(rw nethttp.ResponseWriter, r *nethttp.Request) {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	all, _ := s.after(0, 1000)
	pages := (len(all) + 2) / 3
	rw.Header().Set("X-WP-Total", strconv.Itoa(len(all)))
	rw.Header().Set("X-WP-TotalPages", strconv.Itoa(pages))
	if number > max(pages, 1) {
		writeStatus(rw, nethttp.StatusBadRequest, object{"code": "rest_post_invalid_page_number", "data": object{"status": 400}})
		return
	}
	write(rw, all[min((number-1)*3, len(all)):min(number*3, len(all))])
}

// P6, H1: a post that goes moves others to pages that were read already.
func TestAPostThatSlipsThroughBetweenTwoPagesIsNotDeleted(t *testing.T) {
	play(t, "wordpress", nil, func(b *bridged) {
		s := newShelf(b, 6, func(id int) object { return object{"id": id} })
		asked := 0
		s.between = func() {
			if asked++; asked == 4 { // before the second page of the second poll
				delete(s.items, 1)
			}
		}
		b.serve("blog.example.com", s.wordpress)
		b.leaves("posts")
		b.leaves("posts") // 4 is missing
		b.leaves("posts") // and there again, but 1 is not
		b.leaves("posts", "posts.deleted 1")
	})
}

// Shopify: a Link with a page_info that goes with nothing but limit, instants of any zone, and a bucket.
func TestShopifyTellsOfOrders(t *testing.T) {
	play(t, "shopify", map[string]string{"SHOPIFY_TOKEN": sourcetest.Secret}, func(b *bridged) {
		zone := time.FixedZone("", -5*3600)
		order := func(id int) object {
			return object{"id": id, "financial_status": "pending", "updated_at": time.Now().Add(-time.Duration(100-id) * time.Minute).In(zone).Format(time.RFC3339)}
		}
		s := newShelf(b, 5, order)
		s.items[6] = object{"id": 6, "updated_at": "1999-10-01T00:00:00Z"} // is too old
		busy := 0
		b.serve("example.myshopify.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			q := r.URL.Query()
			since, err := time.Parse(time.RFC3339, q.Get("updated_at_min"))
			var from, with int
			_, parsed := fmt.Sscanf(q.Get("page_info"), "from-%d-%d", &from, &with)
			switch {
			case r.Header.Get("X-Shopify-Access-Token") != sourcetest.Secret:
				writeStatus(rw, nethttp.StatusUnauthorized, object{"errors": "[API] Invalid API key or access token"})
				return
			case busy > 0:
				busy--
				rw.Header().Set("Retry-After", "2.0")
				writeStatus(rw, nethttp.StatusTooManyRequests, object{"errors": "Exceeded 2 calls per second for api client."})
				return
			case q.Has("page_info") && (len(q) != 2 || parsed != nil), !q.Has("page_info") && (err != nil || q.Get("status") != "any"):
				writeStatus(rw, nethttp.StatusBadRequest, object{"errors": "page_info goes with limit alone"})
				return
			case q.Has("page_info"):
				since = time.Unix(int64(with), 0)
			}
			page := []object{}
			for id := from + 1; id <= 9 && len(page) < 2; id++ {
				if o := s.items[id]; o != nil && !must(time.Parse(time.RFC3339, o["updated_at"].(string))).Before(since) {
					page = append(page, o)
				}
			}
			if len(page) == 2 {
				rw.Header().Set("Link", fmt.Sprintf(
					`<http://example.myshopify.com/admin/api/2026-07/orders.json?limit=250&page_info=from-%v-%d>; rel="next"`, page[1]["id"], since.Unix()))
			}
			write(rw, object{"orders": page})
		})
		b.leaves("orders")
		busy = 1
		s.items[2]["financial_status"], s.items[2]["updated_at"] = "paid", time.Now().UTC().Format(time.RFC3339)
		s.items[7] = order(7)
		delete(s.items, 1) // proves nothing
		b.leaves("orders", "orders.updated 2 /financial_status,/updated_at", "orders.created 7")
		if report := b.polls("orders"); report.Coverage != bridge.Changes && report.Coverage != bridge.Unchanged {
			b.Errorf("coverage %s", report.Coverage)
		}
		b.left()
	})
}
