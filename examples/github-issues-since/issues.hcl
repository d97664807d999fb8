# All issues of a repository, however many: after the first listing only those that changed are asked for. They
# come in the order in which they were created, so that one that changes meanwhile moves no other to a page that
# was read already. GitHub tells of no deletes; a full listing each day finds them.
source "http" "issues" {
  every   = "1m"
  timeout = "10m" # full listings are long
  url     = "https://api.github.com/repos/golang/go/issues"
  query   = { state = "all", sort = "created", direction = "asc", per_page = 100 }
  headers = { Accept = "application/vnd.github+json", X-GitHub-Api-Version = "2022-11-28" }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }
  page "link" {}

  items = body
  key   = item.number

  cursor {
    field   = item.updated_at
    param   = "since"
    overlap = "1m"
  }
  reconcile {
    every = "24h"
  }

  compare {
    ignore = [item.reactions, item.updated_at]
    sets   = [item.labels, item.assignees]
  }
  on_duplicate_key = "last" # one that comes to the list while it is read moves another to the next page
  sinks            = [sink.app]
}
