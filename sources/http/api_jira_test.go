package http_test

import (
	"fmt"
	nethttp "net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// jira searches issues by JQL as Jira Cloud does: instants to the minute, in the zone of the account, and pages
// that a token leads on to. What the search does not know of yet is not found.
type jira struct {
	*bridged
	issues  []*ticket
	expired bool // the API token
	busy    int  // requests that are refused first
}

// ticket is an issue of Jira.
type ticket struct {
	number  int
	summary string
	status  string
	to      string // its assignee; "" for nobody
	updated time.Time
	indexed time.Time // when the search comes to know of that
}

func newJira(b *bridged) *jira {
	j := &jira{bridged: b}
	b.serve("example.atlassian.net", j.answer)
	return j
}

func (j *jira) issue(number int, ago time.Duration) *ticket {
	i := &ticket{number: number, summary: fmt.Sprint("Issue ", number), status: "To Do"}
	j.issues = append(j.issues, i)
	i.touch(ago)
	return i
}

func (i *ticket) touch(ago time.Duration) {
	i.updated = time.Now().Add(-ago)
	i.indexed = i.updated
}

func (j *jira) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	name, token, _ := r.BasicAuth()
	switch {
	case name != "me@example.com" || token != sourcetest.Secret:
		writeStatus(rw, nethttp.StatusUnauthorized, object{"message": "Client must be authenticated to access this resource."})
	case j.expired:
		rw.Header().Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
		write(rw, object{"issues": []object{}, "isLast": true})
	case j.busy > 0:
		j.busy--
		rw.Header().Set("Retry-After", "5")
		rw.Header().Set("X-RateLimit-Limit", "100")
		rw.Header().Set("X-RateLimit-Remaining", "0")
		rw.Header().Set("X-RateLimit-Reset", time.Now().Add(5*time.Second).UTC().Format("2006-01-02T15:04Z"))
		writeStatus(rw, nethttp.StatusTooManyRequests, object{"errorMessages": []string{"Rate limit exceeded."}})
	default:
		rw.Header().Set("X-Seraph-LoginReason", "OK")
		j.search(rw, r)
	}
}

func (j *jira) search(rw nethttp.ResponseWriter, r *nethttp.Request) {
	q := r.URL.Query()
	since, known := readJQL(q.Get("jql"))
	token, more := strings.CutPrefix(q.Get("nextPageToken"), "token:"+q.Get("jql")+":")
	if !known || more != q.Has("nextPageToken") || q.Get("fields") == "" {
		writeStatus(rw, nethttp.StatusBadRequest, object{"errorMessages": []string{"The query is not valid."}})
		return
	}
	var found []object
	for _, i := range j.issues {
		if !i.updated.Before(since) && !i.indexed.After(time.Now()) {
			found = append(found, i.json(strings.Split(q.Get("fields"), ",")))
		}
	}
	from := 0
	_, _ = fmt.Sscan(token, &from)
	to := min(from+2, len(found)) // it gives as many as it likes
	page := object{"issues": append([]object{}, found[from:to]...), "isLast": to == len(found)}
	if to < len(found) {
		page["nextPageToken"] = fmt.Sprintf("token:%s:%d", q.Get("jql"), to)
	}
	write(rw, page)
}

// readJQL reads the one query that this Jira knows, with or without an instant.
func readJQL(text string) (since time.Time, ok bool) {
	parts := regexp.MustCompile(`^project = OPS (?:AND updated >= '(.*)' )?ORDER BY created ASC$`).FindStringSubmatch(text)
	if parts == nil || parts[1] == "" {
		return since, parts != nil
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err == nil {
		since, err = time.ParseInLocation("2006-01-02 15:04", parts[1], zone)
	}
	return since, err == nil
}

func (i *ticket) json(fields []string) object {
	all := object{
		"summary": i.summary, "priority": object{"name": "High"}, "assignee": nil,
		"status":  object{"id": fmt.Sprint(len(i.status)), "name": i.status},
		"updated": i.updated.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.000-0700"),
		"comment": "nobody asked for it",
	}
	if i.to != "" {
		all["assignee"] = object{"accountId": "id-" + i.to, "displayName": i.to}
	}
	for name := range all {
		if !slices.Contains(fields, name) {
			delete(all, name)
		}
	}
	return object{"id": fmt.Sprint(10000 + i.number), "key": fmt.Sprint("OPS-", i.number), "fields": all}
}

func playJira(t *testing.T, test func(*jira)) {
	t.Helper()
	env := map[string]string{"JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": sourcetest.Secret}
	play(t, "jira", env, func(b *bridged) { test(newJira(b)) })
}

func TestJiraTellsOfWhatHappensToIssues(t *testing.T) {
	playJira(t, func(j *jira) {
		for number := range 5 {
			j.issue(number+1, 24*time.Hour)
		}
		j.leaves("issues")
		j.issues[0].status, j.issues[1].to = "Done", "Ada"
		j.issues[0].touch(90 * time.Second)
		j.issues[1].touch(0)
		j.issues[2].touch(0) // somebody commented
		j.issue(6, 0)
		j.leaves("issues",
			`issue.moved 10001 {"from":"To Do","key":"OPS-1","to":"Done"}`,
			`issue.assigned 10002 {"key":"OPS-2","to":"Ada"}`,
			`issue.created 10006 {"key":"OPS-6","priority":"High","summary":"Issue 6"}`)
		j.issues[1].to = ""
		j.issues[1].touch(0)
		j.leaves("issues")
		const search = "GET example.atlassian.net/rest/api/3/search/jql?fields=summary%2Cstatus%2Cassignee%2Cpriority%2Cupdated&" +
			"maxResults=100&jql=project+%3D+OPS+"
		if first, last := j.asked[0], j.asked[len(j.asked)-1]; first != search+"ORDER+BY+created+ASC" || // 00:00 in UTC, less 5 minutes
			!strings.HasPrefix(last, search+"AND+updated+%3E%3D+%272000-01-01+00%3A55%27+ORDER+BY+created+ASC&nextPageToken=token%3A") {
			j.Errorf("asked first %s\nat last %s", first, last)
		}
	})
}

// P15: the overlap is for what the search comes to know of later than of what changed after it.
func TestJiraTellsOfAChangeThatItsSearchLearnsOfLate(t *testing.T) {
	playJira(t, func(j *jira) {
		late, other := j.issue(1, 24*time.Hour), j.issue(2, 24*time.Hour)
		j.leaves("issues")
		late.status = "Done"
		late.touch(0)
		late.indexed = time.Now().Add(3 * time.Minute)
		time.Sleep(2 * time.Minute)
		other.status = "Done"
		other.touch(0)
		j.leaves("issues", `issue.moved 10002 {"from":"To Do","key":"OPS-2","to":"Done"}`)
		time.Sleep(2 * time.Minute)
		j.leaves("issues", `issue.moved 10001 {"from":"To Do","key":"OPS-1","to":"Done"}`)
		j.leaves("issues")
	})
}

// P16: a full listing each day finds what is gone, and tells it when another one agrees.
func TestAnIssueThatIsGoneFromJiraIsToldAfterTheNextFullListing(t *testing.T) {
	playJira(t, func(j *jira) {
		for number := range 20 {
			j.issue(number+1, time.Hour)
		}
		j.leaves("issues")
		j.issues = j.issues[1:]
		j.leaves("issues")
		time.Sleep(time.Hour)
		j.leaves("issues")
		j.leaves("issues", `issue.gone 10001 {"key":"OPS-1","summary":"Issue 1"}`)
		j.leaves("issues")
	})
}

func TestJiraThatKnowsTheTokenNoMoreIsNoEmptyProject(t *testing.T) {
	playJira(t, func(j *jira) {
		j.issue(1, time.Hour)
		j.leaves("issues")
		j.expired = true
		time.Sleep(time.Hour)
		j.fails("issues", "response rule", "to be a failure")
		j.expired = false
		j.leaves("issues")
	})
}

// S4: a 429 is waited for within the poll.
func TestJiraIsAskedAgainWhenItsLimitAllows(t *testing.T) {
	playJira(t, func(j *jira) {
		j.issue(1, time.Hour)
		j.busy = 2
		began := time.Now()
		j.leaves("issues")
		if took := time.Since(began); took < 10*time.Second || len(j.asked) != 3 {
			j.Errorf("%d requests in %s", len(j.asked), took)
		}
	})
}

func TestJiraRefusesAnotherAccount(t *testing.T) {
	play(t, "jira", map[string]string{"JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "another"}, func(b *bridged) {
		newJira(b)
		if err := b.fails("issues", "401", "look at auth"); !bridge.IsRefused(err) {
			b.Errorf("no refusal: %v", err)
		}
	})
}
