package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// hostile are titles that whoever writes one might choose.
func hostile() []any {
	return []any{
		"Plain",
		`"Quotes", \back\slashes and {"json": "text"}`,
		"Lines\nand\ttabs\r\n\u0000 and \u2028",
		"<!channel> <@U024BE7LH> @everyone @here &amp; <https://evil.example.com|your bank>",
		"[click](https://evil.example.com) **bold** ~~gone~~ `code` ${after.secret} %{ if true }x%{ endif }",
		"😀👩‍👩‍👧🏳️‍🌈日本語",
		strings.Repeat("long ", 1000),
		strings.Repeat("😀", 5000),
		"e" + strings.Repeat("\u0301", 5000),
		"",
		nil,
	}
}

// text writes a value as JSON.
func text(t *testing.T, value any) string {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// nothingIsBuried checks that every delivery was taken.
func (e *example) nothingIsBuried() {
	e.Helper()
	letters, err := e.client.DeadLetters(e.Context(), admin.Filter{})
	if err != nil || len(letters.DeadLetters) > 0 {
		e.Errorf("dead letters: %+v, %v", letters.DeadLetters, err)
	}
}

type object = map[string]any

func TestSlackTakesEveryIssueWhateverItsTitle(t *testing.T) {
	t.Parallel()
	api, room := newStage(t), newRoom(t, 0, slack)
	titles := hostile()
	show := func(issues []object) { api.shows("application/json", "%s", text(t, issues)) }
	open := object{"number": 1000, "title": "<!channel>", "state": "open", "html_url": "https://github.com/x/y/issues/1000"}
	show([]object{open})
	e := runExample(t, "slack", "issues", []string{"ISSUES_URL=" + api.URL, "GITHUB_TOKEN=t", "SLACK_WEBHOOK_URL=" + room.URL + "/services/T0/B0/x"}, `"1/s"`, `"50/s"`)
	e.poll()
	open["state"], open["state_reason"] = "closed", "not_planned"
	issues := []object{open}
	for i, title := range titles {
		url := []any{fmt.Sprint("https://github.com/x/y/issues/", i), nil, "javascript:alert(1)"}[min(i%4, 2)]
		issues = append(issues, object{"number": i, "title": title, "state": "open", "html_url": url})
	}
	show(issues)
	e.polls(len(issues))
	all := strings.Join(room.takes(len(issues)), "\n")
	for _, want := range []string{`"text":"given up: <!channel>"`, `"text":"Issue 1000 was given up"`, `opened: (without a title)`, `…"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no message has %s:\n%s", want, all)
		}
	}
	e.nothingIsBuried()
}

// D4, D7: what is too much for the room is taken later, in the order in which it happened.
func TestARoomThatTakesOneMessageASecondGetsThemAllInOrder(t *testing.T) {
	t.Parallel()
	api, room := newStage(t), newRoom(t, time.Second, slack)
	issues := []object{}
	show := func() { api.shows("application/json", "%s", text(t, issues)) }
	show()
	e := runExample(t, "slack", "issues", []string{"ISSUES_URL=" + api.URL, "GITHUB_TOKEN=t", "SLACK_WEBHOOK_URL=" + room.URL})
	e.poll()
	for number := range 3 {
		issues = append(issues, object{"number": number, "title": "x", "state": "open", "html_url": "https://github.com/x/y/issues/1"})
		show()
		e.polls(1)
	}
	for number, got := range room.takes(3) {
		if !strings.Contains(got, fmt.Sprintf("Issue %d was opened", number)) {
			t.Errorf("message %d: %s", number, got)
		}
	}
	e.nothingIsBuried()
}

func TestDiscordTakesEveryReleaseWhateverItsTitle(t *testing.T) {
	t.Parallel()
	feed, room := newStage(t), newRoom(t, 0, discord)
	var items []object
	show := func() {
		feed.shows("application/feed+json", "%s", text(t, object{"version": "https://jsonfeed.org/version/1.1", "title": "Releases", "items": items}))
	}
	items = []object{{"id": "first", "title": "First", "url": "https://example.com/first"}}
	show()
	e := runExample(t, "discord", "releases", []string{"FEED_URL=" + feed.URL, "DISCORD_WEBHOOK_URL=" + room.URL + "/api/webhooks/1/x"}, `"2/s"`, `"50/s"`)
	e.poll()
	for i, title := range hostile() {
		items = append(items, object{"id": fmt.Sprint(i), "title": title, "url": []any{"https://example.com/" + strings.Repeat("x", 3000*(i%2)), nil}[i%3%2]})
	}
	show()
	e.polls(len(hostile()))
	all := strings.Join(room.takes(len(hostile())), "\n")
	if !strings.Contains(all, `@everyone`) || !strings.Contains(all, `**(without a title)**`) {
		t.Errorf("got:\n%s", all)
	}
	e.nothingIsBuried()
}

func TestTeamsTakesEveryIncidentWhateverItsName(t *testing.T) {
	t.Parallel()
	api, room := newStage(t), newRoom(t, 0, teams)
	incidents := []object{}
	show := func() { api.shows("application/json", "%s", text(t, object{"page": object{}, "incidents": incidents})) }
	show()
	e := runExample(t, "teams", "incidents", []string{"INCIDENTS_URL=" + api.URL, "TEAMS_WEBHOOK_URL=" + room.URL + "/workflows/x?sig=y"}, `"4/s"`, `"50/s"`)
	e.poll()
	for i, name := range hostile() {
		incidents = append(incidents, object{
			"id": fmt.Sprint("i", i), "name": name, "status": "investigating", "impact": name,
			"created_at": []any{"2026-11-23T08:43:24.123Z", nil, "yesterday"}[i%3], "shortlink": []any{"https://stspg.io/x", nil, 17}[i%3],
		})
	}
	show()
	e.polls(len(incidents))
	all := strings.Join(room.takes(len(incidents)), "\n")
	for _, incident := range incidents {
		incident["status"] = incident["name"]
	}
	show()
	e.polls(len(incidents))
	all += strings.Join(room.takes(len(incidents)), "\n")
	for _, want := range []string{`"text":"New incident"`, "23 Nov 2026, 08:43 UTC", "since an unknown time", `"actions":[]`, "News of an incident"} {
		if !strings.Contains(all, want) {
			t.Errorf("no card has %s:\n%s", want, all)
		}
	}
	e.nothingIsBuried()
}

func TestAnAPIOfItsOwnShapeTakesEveryOrderThatIsOne(t *testing.T) {
	t.Parallel()
	api, room := newStage(t), newRoom(t, 0, warehouse)
	var orders []object
	show := func() { api.shows("application/json", "%s", text(t, object{"orders": orders})) }
	for i, note := range hostile() {
		orders = append(orders, object{
			"id": i, "status": "open", "note": note, "created_at": "2026-11-23T08:43:24Z", "shipping": []any{"express", nil, "drone"}[i%3],
			"customer": []any{object{"name": note, "email": "a@example.com"}, nil}[i%2],
			"lines":    []object{{"sku": "a", "quantity": 2, "price": 1.5}, {"sku": "b", "quantity": 0}},
		})
	}
	orders = append(orders, object{"id": 1000, "status": "open", "lines": nil, "created_at": nil})
	show()
	e := runExample(t, "json-api", "orders", []string{"ORDERS_URL=" + api.URL, "WAREHOUSE_URL=" + room.URL, "WAREHOUSE_TOKEN=opener"})
	e.poll()
	for _, order := range orders {
		order["status"] = "paid"
	}
	show()
	e.polls(len(hostile())) // one has no lines
	all := strings.Join(room.takes(len(hostile())), "\n")
	for _, want := range []string{`"priority":1`, `"priority":3`, `"recipient":"unknown"`, `"lines":[{"quantity":2,"sku":"a"}]`, `"ordered_on":"2026-11-23"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no shipment has %s:\n%s", want, all)
		}
	}
	e.nothingIsBuried()
}

func TestCatchHooksTakeWhatHappensToContacts(t *testing.T) {
	t.Parallel()
	secret := signature.NewSecret()
	key, err := signature.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	api, zap := newStage(t), newRoom(t, 0, zapier)
	n8n := newRoom(t, 0, func(header http.Header, body []byte) (int, string) {
		if header.Get("X-Hook-Key") != "opener" || signature.Verify(header, body, time.Now(), key) != nil {
			return http.StatusForbidden, "Authorization data is wrong!"
		}
		return http.StatusOK, `{"message":"Workflow was started"}`
	})
	contacts := []object{{"id": 1, "name": "Ada", "email": "ada@example.com", "tags": []any{"a", nil, 7}, "company": object{"name": "Analytical"}}, {"id": 2}}
	show := func() { api.shows("application/json", "%s", text(t, object{"data": contacts})) }
	show()
	e := runExample(t, "catch-hooks", "contacts", []string{
		"CONTACTS_API=" + api.URL, "ZAPIER_HOOK_URL=" + zap.URL, "N8N_HOOK_URL=" + n8n.URL, "N8N_HOOK_KEY=opener", "N8N_SECRET=" + secret,
	})
	e.poll()
	contacts[0]["email"] = "lovelace@example.com"
	for i, name := range hostile() {
		contacts = append(contacts, object{"id": 10 + i, "name": name, "tags": name})
	}
	contacts[2]["tags"] = nil
	for _, c := range contacts[3:] {
		c["tags"] = []any{c["tags"]}
	}
	show()
	e.polls(1 + len(hostile()))
	contacts = contacts[1:]
	show()
	e.polls(1)
	all := strings.Join(zap.takes(2+len(hostile())), "\n")
	n8n.takes(2 + len(hostile()))
	for _, want := range []string{
		`{"changed":"email","company":"Analytical","contact":"1","email":"lovelace@example.com","event":"contacts.updated","id":"evt_`,
		`"event":"contacts.deleted"`, `"tags":"a, 7"`, `"name":"Plain","tags":""`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no hook got %s:\n%s", want, all)
		}
	}
	e.nothingIsBuried()
}
