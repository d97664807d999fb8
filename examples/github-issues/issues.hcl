# The issues of a repository. Without webhooks of one's own on the repository this is the only way to hear of
# them. A token raises GitHub's limit from 60 requests an hour to 5,000, and it is hardly touched: each page is
# asked for with its ETag, and a 304 costs nothing. Where there are many thousands, see github-issues-since.
source "http" "issues" {
  every   = "1m"
  url     = "https://api.github.com/repos/hashicorp/hcl/issues"
  query   = { state = "all", sort = "created", direction = "asc", per_page = 100 }
  headers = { Accept = "application/vnd.github+json", X-GitHub-Api-Version = "2022-11-28" }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }
  budget = budget.github

  page "link" {}

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

# The limit is the account's: what else it runs is to have its share.
budget "github" {
  reserve = "20%"
}
