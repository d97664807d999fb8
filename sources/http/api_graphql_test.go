package http_test

import (
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// H1, H4: the cursor of the page goes into the body, and an error comes with status 200.
func TestGraphQLTellsOfIssuesByTheirPageInfo(t *testing.T) {
	play(t, "graphql", map[string]string{"GITHUB_TOKEN": sourcetest.Secret}, func(b *bridged) {
		s := newShelf(b, 5, func(id int) object {
			return object{"number": id, "title": fmt.Sprint("Issue ", id), "url": fmt.Sprint("https://github.com/hashicorp/hcl/issues/", id)}
		})
		var errors []object
		b.serve("api.github.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			var asked struct {
				Query     string
				Variables map[string]*string
			}
			err := json.NewDecoder(r.Body).Decode(&asked)
			if err != nil || r.URL.Path != "/graphql" || !strings.Contains(asked.Query, "pageInfo { hasNextPage endCursor }") {
				b.Errorf("asked %+v, %v", asked, err)
			}
			if !bearer(rw, r) {
				return
			}
			after := 0
			if at := asked.Variables["after"]; at != nil {
				after, _ = strconv.Atoi(strings.TrimPrefix(*at, "cursor:"))
			}
			nodes, more := s.after(after, 2)
			info := object{"hasNextPage": more, "endCursor": nil}
			if len(nodes) > 0 {
				info["endCursor"] = fmt.Sprint("cursor:", nodes[len(nodes)-1]["number"])
			}
			answer := object{"data": object{"repository": object{"issues": object{"nodes": nodes, "pageInfo": info}}}}
			if errors != nil {
				answer["errors"] = errors
			}
			write(rw, answer)
		})
		b.leaves("issues")
		s.items[6] = object{"number": 6, "title": "Issue 6", "url": "u"}
		delete(s.items, 3)
		errors = []object{{"type": "SERVICE_UNAVAILABLE", "message": "Something went wrong."}}
		b.fails("issues", "response rule")
		errors = nil
		b.leaves("issues", `issue.opened 6 {"number":6,"title":"Issue 6","url":"u"}`,
			`issue.closed 3 {"number":3,"title":"Issue 3","url":"https://github.com/hashicorp/hcl/issues/3"}`)
	})
}
