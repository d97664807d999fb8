package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

func TestTheQuickstartTellsWhatHappensToOrders(t *testing.T) {
	t.Parallel()
	secret := signature.NewSecret()
	shop, receiver := newStage(t), newCatcher(t, secret)
	orders := func(viewed int, first, second string) {
		shop.set(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			orders := first
			if r.URL.Query().Get("page") == "2" {
				orders = second
			} else {
				w.Header().Set("Link", `</orders?page=2>; rel="next"`)
			}
			_, _ = fmt.Fprintf(w, `{"orders":[%s]}`, strings.ReplaceAll(orders, "VIEWED", fmt.Sprint(viewed)))
		})
	}
	orders(0, `{"id":1,"status":"paid","viewed":VIEWED}`, `{"id":2,"status":"paid","viewed":VIEWED}`)
	e := runExample(t, "quickstart", "orders", []string{
		"API_URL=" + shop.URL + "/orders", "RECEIVER_URL=" + receiver.URL, "RECEIVER_SECRET=" + secret,
	})
	e.poll() // it may have polled by itself before
	if all := receiver.getsAll(2); strings.Count(all, `"type":"orders.created"`) != 2 || strings.Count(all, `"snapshot":true`) != 2 {
		t.Errorf("at first came:\n%s", all)
	}
	orders(7, `{"id":1,"status":"paid","viewed":VIEWED}`, `{"id":2,"status":"paid","viewed":VIEWED}`)
	e.polls(0)
	orders(8, `{"id":1,"status":"packed","viewed":VIEWED}`, `{"id":2,"status":"paid","viewed":VIEWED}`)
	e.polls(1)
	receiver.gets(`"type":"orders.updated".*"key":"1".*"before":{.*"paid".*"after":{.*"packed"`)
	orders(9, `{"id":1,"status":"packed","viewed":VIEWED}`, ``)
	e.polls(1)
	receiver.gets(`"type":"orders.deleted".*"key":"2".*"after":null`)
}

func TestTheFeedToChatRingsForNewEntriesOnly(t *testing.T) {
	t.Parallel()
	feed, room := newStage(t), newCatcher(t, "")
	shows := func(titles ...string) {
		var entries strings.Builder
		for i, title := range slices.Backward(titles) {
			fmt.Fprintf(&entries, `<entry><id>urn:%d</id><title>%s</title><link href="https://blog.example.com/%d"/>`+
				`<updated>2026-11-0%dT10:00:00Z</updated></entry>`, i, title, i, i+1)
		}
		feed.shows("application/atom+xml", `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">`+
			`<title>Blog</title><id>urn:blog</id><updated>2026-11-01T10:00:00Z</updated>%s</feed>`, entries.String())
	}
	shows("One", "Two")
	e := runExample(t, "rss-to-chat", "blog", []string{"FEED_URL=" + feed.URL, "CHAT_WEBHOOK_URL=" + room.URL + "/services/T0/B0"})
	e.poll()
	shows("One", "Two, mended", "Three &amp; &lt;!channel&gt;")
	e.polls(1)
	room.gets(`^{"text":"\*Three &amp; &lt;!channel&gt;\*\\nhttps://blog\.example\.com/2"}$`)
	shows("Two, mended", "Three &amp; &lt;!channel&gt;")
	e.polls(0)
}

func TestTheStatusPageTellsOfDownAndUp(t *testing.T) {
	t.Parallel()
	secret := signature.NewSecret()
	page, pager := newStage(t), newCatcher(t, secret)
	shows := func(status, description string) {
		page.shows("application/json", `{"page":{"id":"x"},"components":[`+
			`{"id":"a","name":"API","status":%q,"description":%q,"updated_at":"2026-11-23T08:00:00Z"},`+
			`{"id":"b","name":"Web","status":"operational","description":null}]}`, status, description)
	}
	shows("operational", "")
	e := runExample(t, "status-page", "components", []string{"STATUS_URL=" + page.URL, "PAGER_SECRET=" + secret},
		"https://pager.example.com", pager.URL)
	e.poll()
	shows("operational", "now with a description")
	e.polls(0)
	shows("major_outage", "")
	e.polls(1)
	pager.gets(`"type":"component.down".*"data":{"component":"API","since":"2026-11-23T08:00:00Z","status":"major_outage"}`)
	shows("partial_outage", "")
	e.polls(0)
	shows("operational", "")
	e.polls(1)
	pager.gets(`"type":"component.up".*"data":{"component":"API","was":"partial_outage"}`)
	e.writes("status.jsonl", `component\.down.*\n.*component\.up`)

	page.shows("text/html", "<h1>We are down ourselves</h1>")
	for range 3 {
		if e.poll().Error == "" {
			t.Error("a page that cannot be read was read")
		}
	}
	e.writes("status.jsonl", `"type":"source\.failing"`)
}

func TestTheRestCollectionDeletesWithCare(t *testing.T) {
	t.Parallel()
	secret := signature.NewSecret()
	api, crm := newStage(t), newCatcher(t, secret)
	shows := func(without func(id int) bool) { api.set(customers(250, without)) }
	shows(func(int) bool { return false })
	e := runExample(t, "rest-collection", "customers",
		[]string{"CUSTOMERS_URL=" + api.URL, "CUSTOMERS_KEY=opener", "CRM_SECRET=" + secret},
		"https://crm.example.com", crm.URL)
	e.poll()
	shows(func(id int) bool { return id == 17 })
	e.polls(1)
	crm.gets(`"type":"customers.deleted".*"key":"eu/17"`)

	shows(func(id int) bool { return id%4 == 1 })
	if r := e.poll(); r.Hold == nil || r.Hold.Deletes != 62 {
		t.Fatalf("a quarter of the customers is gone, and the poll was not held: %+v", r)
	}
	e.writes("stdout", `"type":"source\.held"`)
	if _, err := e.client.Release(t.Context(), "customers"); err != nil {
		t.Fatal(err)
	}
	e.polls(62)
	if all := crm.getsAll(62); strings.Count(all, `"type":"customers.deleted"`) != 62 {
		t.Errorf("after the release came:\n%s", all)
	}
}

// customers answers with customers from 1 on, over numbered pages, to those who have the key.
func customers(count int, without func(id int) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "opener" {
			http.Error(w, "no key", http.StatusForbidden)
			return
		}
		var number, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
		_, _ = fmt.Sscan(r.URL.Query().Get("per_page"), &size)
		var page []string
		passed := 0
		for id := 1; id <= count && len(page) < size; id++ {
			if without(id) {
				continue
			}
			if passed++; passed > (number-1)*size {
				page = append(page, fmt.Sprintf(`{"region":"eu","id":%d,"tags":["a","b"],"last_login":%q}`, id, r.Header.Get("Date")))
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(page, ","))
	}
}
