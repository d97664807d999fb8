package http_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// github lists the issues of a repository as its REST API does: sorted, since an instant, in pages with links,
// with an ETag on each that costs nothing to ask with, and a limit of requests in each hour.
type github struct {
	*bridged
	issues  []object
	size    int // of a page, whatever is asked for
	limit   int // of requests in an hour
	left    int
	reset   time.Time
	full    int            // answers that were no 304
	between func(page int) // happens before a page is read
}

func newGitHub(b *bridged) *github {
	g := &github{bridged: b, size: 2, limit: 1000, between: func(int) {}}
	b.serve("api.github.com", g.answer)
	return g
}

// issue adds an issue that changed so long ago.
func (g *github) issue(number int, ago time.Duration) object {
	i := object{
		"number": number, "title": fmt.Sprint("Issue ", number), "state": "open", "labels": []object{},
		"html_url": fmt.Sprint("https://github.com/hashicorp/hcl/issues/", number), "user": object{"login": "gopher"},
		"reactions": object{"total_count": 0}, "pull_request": nil,
	}
	g.issues = append(g.issues, i)
	touch(i, ago)
	return i
}

func touch(i object, ago time.Duration) {
	i["updated_at"] = time.Now().Add(-ago).UTC().Format(time.RFC3339)
}

func (g *github) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	if !bearer(rw, r) || !g.admit(rw) {
		return
	}
	if agent := r.Header.Get("User-Agent"); agent == "" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" {
		g.Errorf("asked as %q: %v", agent, r.Header)
	}
	q := r.URL.Query()
	number, _ := strconv.Atoi(q.Get("page"))
	number = max(number, 1)
	g.between(number)
	all := g.sorted(q.Get("since"), q.Get("sort"), q.Get("direction"))
	from, to := min((number-1)*g.size, len(all)), min(number*g.size, len(all))
	if to < len(all) {
		q.Set("page", strconv.Itoa(number+1))
		rw.Header().Set("Link", fmt.Sprintf(`<http://api.github.com/repositories/23096959/issues?%s>; rel="next"`, q.Encode()))
	}
	text, _ := json.Marshal(all[from:to])
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(text))
	rw.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		g.left++
		rw.Header().Set("X-RateLimit-Remaining", strconv.Itoa(g.left))
		rw.WriteHeader(nethttp.StatusNotModified)
		return
	}
	g.full++
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = rw.Write(text)
}

// admit tells of the limit, and refuses where it is used up.
func (g *github) admit(rw nethttp.ResponseWriter) bool {
	if now := time.Now(); !now.Before(g.reset) {
		g.left, g.reset = g.limit, now.Add(time.Hour)
	}
	refused := g.left == 0
	g.left = max(g.left-1, 0)
	rw.Header().Set("X-RateLimit-Limit", "5000")
	rw.Header().Set("X-RateLimit-Remaining", strconv.Itoa(g.left))
	rw.Header().Set("X-RateLimit-Reset", strconv.FormatInt(g.reset.Unix(), 10))
	rw.Header().Set("X-RateLimit-Resource", "core")
	if refused {
		writeStatus(rw, nethttp.StatusForbidden, object{"message": "API rate limit exceeded for user ID 1."})
	}
	return !refused
}

func (g *github) sorted(since, by, direction string) []object {
	field := map[string]string{"updated": "updated_at", "created": "number"}[by]
	all := slices.DeleteFunc(slices.Clone(g.issues), func(i object) bool { return i["updated_at"].(string) < since })
	slices.SortFunc(all, func(a, b object) int {
		order := strings.Compare(fmt.Sprintf("%9v", a[field]), fmt.Sprintf("%9v", b[field]))
		if direction == "desc" {
			order = -order
		}
		return order
	})
	return all
}

func (g *github) remove(number int) {
	g.issues = slices.DeleteFunc(g.issues, func(i object) bool { return i["number"] == number })
}

func TestGitHubTellsOfWhatHappensToIssues(t *testing.T) {
	play(t, "github-issues", map[string]string{"GITHUB_TOKEN": sourcetest.Secret, "TRACKER_SECRET": signingKey}, func(b *bridged) {
		g := newGitHub(b)
		for number := range 7 {
			g.issue(number+1, time.Hour)
		}
		b.leaves("issues")
		left := g.left
		b.leaves("issues")
		if g.left != left || g.full != 4 {
			b.Errorf("%d pages were read in all, and to find nothing cost %d", g.full, left-g.left)
		}
		g.issues[6]["state"], g.issues[6]["state_reason"] = "closed", "completed"
		g.issues[5]["reactions"] = object{"total_count": 9}
		g.issues[4]["labels"] = []object{{"name": "NeedsFix"}, {"name": "Go2"}}
		touch(g.issues[5], 0)
		g.issue(9, 0)
		g.issue(10, 0)["pull_request"] = object{"url": "https://api.github.com/repos/hashicorp/hcl/pulls/10"}
		b.leaves("issues",
			`issue.opened 9 {"by":"gopher","number":9,"title":"Issue 9","url":"https://github.com/hashicorp/hcl/issues/9"}`,
			`issue.closed 7 {"number":7,"reason":"completed","title":"Issue 7"}`,
			`issue.labeled 5 {"labels":["NeedsFix","Go2"],"number":5}`)
		g.issues[4]["labels"] = []object{{"name": "Go2"}, {"name": "NeedsFix"}}
		g.remove(1)
		b.leaves("issues")
	})
}

// S4: a limit that is used up is a 403, and the reserve keeps the poll from using it up.
func TestGitHubIsLeftAloneWhereItsLimitIsUsedUp(t *testing.T) {
	play(t, "github-issues", map[string]string{"GITHUB_TOKEN": sourcetest.Secret, "TRACKER_SECRET": signingKey}, func(b *bridged) {
		g := newGitHub(b)
		g.issue(1, time.Hour)
		g.limit, g.reset = 0, time.Now().Add(20*time.Minute)
		if err := b.fails("issues", "403", "API rate limit exceeded"); bridge.Wait(err) < 20*time.Minute {
			b.Errorf("wait %s", bridge.Wait(err))
		}
		asked := len(b.asked)
		if err := b.fails("issues", "budget.github allows no request"); !bridge.IsPutOff(err) || len(b.asked) != asked {
			b.Errorf("asked %q, %v", b.asked, err)
		}
		g.limit = 10
		time.Sleep(21 * time.Minute)
		b.leaves("issues")
		for range 20 {
			g.issues[0]["title"] = fmt.Sprint(g.left)
			_ = b.polls("issues")
		}
		if g.left != 2 {
			b.Errorf("%d requests are left of 10, and 2 are reserved", g.left)
		}
	})
}

func TestGitHubIsAskedForIssuesSinceTheLastOneThatChanged(t *testing.T) {
	play(t, "github-issues-since", map[string]string{"GITHUB_TOKEN": sourcetest.Secret}, func(b *bridged) {
		g := newGitHub(b)
		g.size = 30
		for number := range 60 {
			g.issue(number+1, 2*time.Hour)
		}
		b.leaves("issues")
		g.issues[1]["state"] = "closed"
		touch(g.issues[1], time.Minute)
		g.issue(61, 0)
		g.remove(4) // of which nothing is told, but by a full listing
		b.leaves("issues", "issues.updated 2 /state,/updated_at", "issues.created 61")
		b.leaves("issues")
		const list = "GET api.github.com/repos/golang/go/issues?direction=asc&per_page=100&sort=created&state=all"
		const next = "GET api.github.com/repositories/23096959/issues?direction=asc&page=2&per_page=100"
		b.requests(list, next+"&sort=created&state=all",
			list+"&since=1999-12-31T21%3A59%3A00Z", next+"&since=1999-12-31T21%3A59%3A00Z&sort=created&state=all",
			list+"&since=1999-12-31T23%3A59%3A00Z")
		time.Sleep(time.Hour)
		b.leaves("issues") // once is no proof
		b.leaves("issues", "issues.deleted 4")
		g.remove(3)
		b.leaves("issues")
	})
}

// P4: a delete that moves others to pages that were read already, while the full listing is on its way.
func TestAnIssueThatSlipsThroughBetweenTwoPagesIsNotDeleted(t *testing.T) {
	play(t, "github-issues-since", map[string]string{"GITHUB_TOKEN": sourcetest.Secret}, func(b *bridged) {
		g := newGitHub(b)
		g.size = 30
		for number := range 60 {
			g.issue(number+1, 2*time.Hour)
		}
		b.leaves("issues")
		b.leaves("issues")
		time.Sleep(time.Hour)
		g.between = func(page int) {
			if page == 2 {
				g.remove(1) // so that 31 is on the first page now
			}
		}
		b.leaves("issues")
		g.between = func(int) {}
		b.leaves("issues") // 31 is there again, and 1 is gone for the first time
		b.leaves("issues", "issues.deleted 1")
	})
}

func TestGitHubRefusesAnotherTokenAndNothingIsTold(t *testing.T) {
	play(t, "github-issues-since", map[string]string{"GITHUB_TOKEN": "another"}, func(b *bridged) {
		newGitHub(b)
		if err := b.fails("issues", "401", "Bad credentials", "look at auth"); !bridge.IsRefused(err) {
			b.Errorf("the next poll is as soon as ever: %v", err)
		}
	})
}
