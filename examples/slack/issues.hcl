source "http" "issues" {
  every   = "1m"
  url     = env("ISSUES_URL", "https://api.github.com/repos/hashicorp/hcl/issues")
  query   = { state = "all", sort = "created", direction = "asc", per_page = 100 }
  headers = { Accept = "application/vnd.github+json" }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }
  page "link" {}

  items = body
  key   = item.number

  event "issue.opened" {
    when = change == "created" && after.pull_request == null
    data = { what = "opened", number = after.number, title = after.title, url = after.html_url }
  }
  event "issue.closed" {
    when = before.state == "open" && after.state == "closed" && after.pull_request == null
    data = {
      what   = after.state_reason == "not_planned" ? "given up" : "closed"
      number = after.number
      title  = after.title
      url    = after.html_url
    }
  }
  sinks = [sink.room]
}
