# The issues of a project in Jira Cloud. After the first listing JQL asks only for those that changed: it knows
# instants to the minute, and reads them in the time zone of the account whose token this is. Jira tells of no
# deletes, and an issue that was moved to another project is just gone from this one; a full listing each day
# finds them.
source "http" "issues" {
  every   = "1m"
  timeout = "10m" # full listings are long
  url     = "https://example.atlassian.net/rest/api/3/search/jql"
  query = {
    jql        = "project = OPS %{if cursor.value != null}AND updated >= '${cursor.value}' %{endif}ORDER BY created ASC"
    fields     = "summary,status,assignee,priority,updated" # else Jira answers with nothing but ids
    maxResults = 100
  }

  auth "basic" {
    username = env("JIRA_EMAIL")
    password = env("JIRA_API_TOKEN")
  }
  page "cursor" {
    value = body.nextPageToken
    param = "nextPageToken"
    stop  = body.isLast
  }

  items = body.issues
  key   = item.id # the key, OPS-17, is another one after a move

  cursor {
    field   = item.fields.updated
    format  = "2006-01-02T15:04:05.000-0700"
    send    = "2006-01-02 15:04"
    zone    = "Europe/Berlin" # of the account
    overlap = "5m"            # the search comes to know of a change some time later
  }
  reconcile {
    every = "24h"
  }

  # Jira takes whoever has an API token that ran out for a stranger, who may see nothing, and calls that a success.
  response {
    when   = headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    action = "fail"
  }

  compare {
    ignore = [item.fields.updated] # also by comments, which are not among the fields
  }
  guard {
    max_deletes   = "5%"
    confirm_polls = 2
  }

  event "issue.created" {
    when = change == "created"
    data = { key = after.key, summary = after.fields.summary, priority = after.fields.priority.name }
  }
  event "issue.moved" {
    when = changed("/fields/status/id")
    data = { key = after.key, from = before.fields.status.name, to = after.fields.status.name }
  }
  event "issue.assigned" {
    when = changed("/fields/assignee/accountId") && after.fields.assignee != null
    data = { key = after.key, to = after.fields.assignee.displayName }
  }
  event "issue.gone" {
    when = change == "deleted"
    data = { key = before.key, summary = before.fields.summary }
  }
  sinks = [sink.app]
}
