# The issues of a repository, newest change first. Without webhooks of one's own on the repository this is
# the only way to hear of them. A token raises GitHub's limit from 60 requests an hour to 5,000.
source "http" "issues" {
  every   = "1m"
  url     = "https://api.github.com/repos/golang/go/issues"
  query   = { state = "all", sort = "updated", direction = "desc", per_page = 100 }
  headers = { Accept = "application/vnd.github+json", X-GitHub-Api-Version = "2022-11-28" }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }

  # Only the 300 that changed last: what scrolls away is not taken for deleted.
  page "link" {
    max = 3
  }

  items = body
  key   = item.number

  compare {
    ignore = [item.reactions, item.updated_at]
    sets   = [item.labels, item.assignees]
  }

  event "issue.opened" {
    when = change == "created" && after.pull_request == null
    data = { number = after.number, title = after.title, by = after.user.login, url = after.html_url }
  }
  event "issue.closed" {
    when = before.state == "open" && after.state == "closed" && after.pull_request == null
    data = { number = after.number, title = after.title, reason = after.state_reason }
  }
  event "issue.labeled" {
    when = change == "updated" && changed("/labels")
    data = { number = after.number, labels = after.labels[*].name }
  }
  sinks = [sink.tracker]
}
