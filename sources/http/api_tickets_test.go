package http_test

import (
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// P15, H8: by offset, with a watermark and tombstones, and the comments of each.
func TestTicketsAreReadByOffsetAndTheirCommentsForEach(t *testing.T) {
	play(t, "tickets-and-comments", map[string]string{"TICKETS_TOKEN": sourcetest.Secret}, func(b *bridged) {
		s := newShelf(b, 5, func(id int) object {
			return object{"id": id, "updated_at": "1999-12-31T10:00:00Z", "deleted_at": nil, "title": "T"}
		})
		comments := map[string]string{"1": ids(7), "2": ids(7, 8), "3": "[]", "4": "[]", "5": "[]"}
		b.serveAt("tickets.example.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if !bearer(rw, r) {
				return
			}
			if id, isList := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/api/tickets/"), "/comments"); isList {
				if list, found := comments[id]; found {
					answerJSON(rw, `{"data":`+list+`}`)
				} else {
					nethttp.NotFound(rw, r)
				}
				return
			}
			var found []object
			all, _ := s.after(0, 1000)
			for _, ticket := range all {
				if ticket["updated_at"].(string) >= r.URL.Query().Get("since") {
					found = append(found, ticket)
				}
			}
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			page := append([]object{}, found[min(offset, len(found)):min(offset+2, len(found))]...) // no more than 2, whatever is asked for
			write(rw, object{"data": page})
		})
		b.leaves("tickets")
		b.leaves("comments")
		s.items[1]["title"], s.items[1]["updated_at"] = "U", "1999-12-31T23:00:00Z"
		s.items[3]["deleted_at"], s.items[3]["updated_at"] = "1999-12-31T23:00:00Z", "1999-12-31T23:00:00Z"
		comments["1"] = ids(7, 9)
		delete(comments, "2") // the ticket is gone, which nobody knows yet
		b.leaves("comments", "comments.created 1/9", "comments.deleted 2/7", "comments.deleted 2/8")
		b.leaves("tickets", "tickets.updated 1 /title,/updated_at", "tickets.deleted 3")
		delete(s.items, 2)
		time.Sleep(time.Hour)
		b.leaves("tickets", "tickets.deleted 2")
		b.leaves("comments")
	})
}
