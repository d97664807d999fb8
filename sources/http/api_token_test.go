package http_test

import (
	"fmt"
	nethttp "net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A journal is a collection that lists what changed since a place in it.
type journal struct {
	*bridged
	entries []object
	oldest  int // place from which on it still knows what changed
	tokens  int // access tokens that were given out
	until   time.Time
	busy    int // requests that are refused first
}

// put writes down the state of an item, the last of which counts.
func (j *journal) put(item object) { j.entries = append(j.entries, item) }

// since lists what changed, each item once; from the start only what is there.
func (j *journal) since(place int, gone func(object) bool) (changed []object) {
	for i, entry := range j.entries {
		last := true
		for _, later := range j.entries[i+1:] {
			last = last && later["id"] != entry["id"]
		}
		if last && i >= place && (place > 0 || !gone(entry)) {
			changed = append(changed, entry)
		}
	}
	return changed
}

// grant serves a token endpoint (RFC 6749), whose tokens are good for an hour.
func (j *journal) grant(host string, good func(form map[string][]string) bool) {
	j.Serve(j.T, host+":80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
		err := r.ParseForm()
		id, secret, _ := r.BasicAuth()
		if (id != "client" || secret != "secret") && (r.PostForm.Get("client_id") != "client" || r.PostForm.Get("client_secret") != "secret") ||
			err != nil || !good(r.PostForm) {
			writeStatus(rw, nethttp.StatusBadRequest, object{"error": "invalid_grant"})
			return
		}
		j.tokens++
		j.until = time.Now().Add(time.Hour)
		write(rw, object{"access_token": fmt.Sprint("token-", j.tokens), "token_type": "Bearer", "expires_in": 3600})
	}))
}

func (j *journal) refuses(rw nethttp.ResponseWriter, r *nethttp.Request) bool {
	if r.Header.Get("Authorization") == fmt.Sprint("Bearer token-", j.tokens) && time.Now().Before(j.until) {
		return false
	}
	writeStatus(rw, nethttp.StatusUnauthorized, object{"error": object{"code": 401, "message": "Invalid Credentials"}})
	return true
}

// calendar lists events as Google Calendar does: a sync token stands on the last page, and goes with each page
// of what changed since.
func (j *journal) calendar(rw nethttp.ResponseWriter, r *nethttp.Request) {
	q := r.URL.Query()
	var place, at int
	_, _ = fmt.Sscanf(q.Get("syncToken"), "sync-%d=", &place)
	_, _ = fmt.Sscanf(q.Get("pageToken"), "page-%d", &at)
	fault := func(status int, reason string) {
		writeStatus(rw, status, object{"error": object{"code": status, "errors": []object{{"domain": "calendar", "reason": reason}}}})
	}
	switch {
	case j.refuses(rw, r):
	case j.busy > 0:
		j.busy--
		fault(nethttp.StatusForbidden, "userRateLimitExceeded")
	case q.Has("syncToken") && place < j.oldest:
		fault(nethttp.StatusGone, "fullSyncRequired")
	default:
		cancelled := func(e object) bool { return e["status"] == "cancelled" && e["recurringEventId"] == nil }
		all := j.since(place, cancelled)
		page := object{"kind": "calendar#events", "items": append([]object{}, all[at:min(at+2, len(all))]...)}
		if at+2 < len(all) {
			page["nextPageToken"] = fmt.Sprint("page-", at+2)
		} else {
			page["nextSyncToken"] = fmt.Sprintf("sync-%d=", len(j.entries))
		}
		write(rw, page)
	}
}

func playCalendar(t *testing.T, test func(*journal)) {
	t.Helper()
	env := map[string]string{"GOOGLE_CLIENT_ID": "client", "GOOGLE_CLIENT_SECRET": "secret", "GOOGLE_REFRESH_TOKEN": sourcetest.Secret}
	play(t, "google-calendar", env, func(b *bridged) {
		j := &journal{bridged: b}
		j.grant("oauth2.googleapis.com", func(form map[string][]string) bool {
			return form["grant_type"][0] == "refresh_token" && form["refresh_token"][0] == sourcetest.Secret
		})
		b.serve("www.googleapis.com", j.calendar)
		for n := range 5 {
			j.put(object{"id": fmt.Sprint("e", n), "status": "confirmed", "summary": "Meeting", "etag": fmt.Sprint(n)})
		}
		test(j)
	})
}

// P16: sync tokens, tombstones, and a 410 after which only real differences are told.
func TestGoogleCalendarTellsOfWhatHappensToEvents(t *testing.T) {
	playCalendar(t, func(j *journal) {
		j.leaves("events")
		j.leaves("events")
		j.put(object{"id": "e1", "status": "cancelled"})
		j.put(object{"id": "e2", "status": "confirmed", "summary": "Lunch", "etag": "9"})
		j.put(object{"id": "e3", "status": "confirmed", "summary": "Meeting", "etag": "10"})
		j.put(object{"id": "e5", "status": "confirmed", "summary": "New", "etag": "11"})
		j.put(object{"id": "never seen", "status": "cancelled"})
		j.leaves("events", "events.deleted e1", "events.updated e2 /etag,/summary", "events.created e5")
		j.leaves("events")
		time.Sleep(2 * time.Hour) // the access token has run out, and another one is had
		j.put(object{"id": "e0", "status": "cancelled"})
		j.put(object{"id": "e4", "status": "confirmed", "summary": "Moved", "etag": "12"})
		j.oldest = len(j.entries)
		j.leaves("events", "events.deleted e0", "events.updated e4 /etag,/summary")
		j.leaves("events")
		if j.tokens != 2 {
			j.Errorf("%d access tokens", j.tokens)
		}
	})
}

// A day of a series that does not take place is told, although it is the first that is heard of it.
func TestGoogleCalendarTellsOfADayThatASeriesLeavesOut(t *testing.T) {
	playCalendar(t, func(j *journal) {
		j.leaves("events")
		j.put(object{"id": "e1_20260105", "status": "cancelled", "recurringEventId": "e1", "originalStartTime": object{"date": "2026-01-05"}})
		j.leaves("events", "events.created e1_20260105")
		j.oldest = len(j.entries)
		j.leaves("events")
	})
}

// H4, S4: a 403 may mean that it is too much, and may mean that it is not allowed.
func TestGoogleCalendarThatHadEnoughIsAskedAgain(t *testing.T) {
	playCalendar(t, func(j *journal) {
		j.busy = 2
		j.leaves("events")
		j.serve("www.googleapis.com", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			writeStatus(rw, nethttp.StatusForbidden, object{"error": object{"code": 403, "errors": []object{{"reason": "forbidden"}}}})
		})
		asked := len(j.asked)
		j.fails("events", "403")
		if len(j.asked) != asked+1 {
			j.Errorf("asked %d times", len(j.asked)-asked)
		}
	})
}

func TestASyncTokenThatIsMissingFailsThePoll(t *testing.T) {
	playCalendar(t, func(j *journal) {
		j.serve("www.googleapis.com", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"items":[]}`) })
		j.fails("events", "no token", "cursor")
	})
}

// delta lists users as Microsoft Graph does: by URLs that bear all of the query, with tombstones, and now and
// then with one change on two pages.
func (j *journal) delta(rw nethttp.ResponseWriter, r *nethttp.Request) {
	const home = "http://graph.microsoft.com/v1.0/users/delta?"
	q := r.URL.Query()
	place, at := 0, 0
	_, _ = fmt.Sscanf(q.Get("$deltatoken"), "d%d", &place)
	_, _ = fmt.Sscanf(q.Get("$skiptoken"), "d%dp%d", &place, &at)
	first := !q.Has("$deltatoken") && !q.Has("$skiptoken")
	switch {
	case j.refuses(rw, r):
	case len(q) != 1 || first && q.Get("$select") != "displayName,mail,jobTitle,department,accountEnabled":
		writeStatus(rw, nethttp.StatusBadRequest, object{"error": object{"code": "BadRequest"}})
	case q.Has("$deltatoken") && place < j.oldest && place%2 == 0:
		rw.Header().Set("Location", home+"$deltatoken=")
		writeStatus(rw, nethttp.StatusGone, object{"error": object{"code": "resyncRequired"}})
	case q.Has("$deltatoken") && place < j.oldest:
		writeStatus(rw, nethttp.StatusBadRequest, object{"error": object{"code": "syncStateNotFound"}})
	default:
		all := j.since(place, func(u object) bool { return u["@removed"] != nil })
		from := max(0, min(at-1, len(all))) // the last of a page stands on the next one, too
		page := object{"@odata.context": "…", "value": append([]object{}, all[from:min(at+3, len(all))]...)}
		if at+3 < len(all) {
			page["@odata.nextLink"] = fmt.Sprintf("%s$skiptoken=d%dp%d", home, place, at+3)
		} else {
			page["@odata.deltaLink"] = fmt.Sprintf("%s$deltatoken=d%d", home, len(j.entries))
		}
		write(rw, page)
	}
}

func playGraph(t *testing.T, test func(*journal)) {
	t.Helper()
	play(t, "microsoft-graph", map[string]string{"GRAPH_CLIENT_ID": "client", "GRAPH_CLIENT_SECRET": "secret"}, func(b *bridged) {
		j := &journal{bridged: b}
		j.grant("login.microsoftonline.com", func(form map[string][]string) bool {
			return form["grant_type"][0] == "client_credentials" && form["scope"][0] == "http://graph.microsoft.com/.default"
		})
		b.serve("graph.microsoft.com", j.delta)
		for n := range 11 {
			j.put(object{"id": fmt.Sprint("u", n), "displayName": fmt.Sprint("User ", n), "accountEnabled": true})
		}
		test(j)
	})
}

// P16: the URL to go on from, tombstones, replays, and tokens that are too old in either way.
func TestMicrosoftGraphTellsOfWhatHappensToUsers(t *testing.T) {
	playGraph(t, func(j *journal) {
		j.leaves("users")
		j.leaves("users")
		j.put(object{"id": "u1", "@removed": object{"reason": "changed"}})
		j.put(object{"id": "u2", "displayName": "Renamed", "accountEnabled": true})
		j.put(object{"id": "u11", "displayName": "New", "accountEnabled": true})
		j.put(object{"id": "u12", "displayName": "Newer", "accountEnabled": true})
		j.leaves("users", "users.deleted u1", "users.updated u2 /displayName", "users.created u11", "users.created u12")
		for range 2 { // an odd place, then an even one
			j.put(object{"id": "u2", "displayName": fmt.Sprint("Renamed ", len(j.entries)), "accountEnabled": true})
			j.oldest = len(j.entries)
			j.leaves("users", "users.updated u2 /displayName")
		}
		j.leaves("users")
	})
}

// H7: the URL to go on from is on the source's own origin.
func TestADeltaLinkThatLeadsElsewhereIsNotFollowed(t *testing.T) {
	playGraph(t, func(j *journal) {
		j.serve("graph.microsoft.com", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			write(rw, object{"value": []object{}, "@odata.deltaLink": "http://other.test/?$deltatoken=d3"})
		})
		j.fails("users", "another origin", "other.test")
	})
}
