# All issues of a repository, however many: after the first listing only those that changed are asked for. They
# come in the order in which they were created, so that one that changes meanwhile moves no other to a page that
# was read already. GitHub tells of no deletes; a full listing each day finds them.
source "http" "issues" {
  every   = "1m"
  timeout = "20m" # full listings are long
  url     = "https://api.github.com/repos/golang/go/issues"
  query   = { state = "all", sort = "created", direction = "asc", per_page = 100 }
  headers = { Accept = "application/vnd.github+json", X-GitHub-Api-Version = "2022-11-28" }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }
  budget = budget.github
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
  guard {
    max_deletes   = "2%"
    confirm_polls = 2 # where an issue is deleted while the pages are read, another slips through between two of them
  }
  on_duplicate_key = "last"
  sinks            = [sink.app]
}

# A full listing of 70,000 issues takes 700 requests of the 5,000 that an hour has. The limit is the account's:
# what else it runs is to have its share.
budget "github" {
  rate    = "100/min"
  reserve = "20%"
}
