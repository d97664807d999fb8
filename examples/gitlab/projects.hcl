# The projects of a GitLab, by keyset pagination: each Link header names the id to go on from, so that no
# project is missed where others come or go meanwhile. The server tells in headers how many requests are left,
# which is heeded without a word here.
source "http" "projects" {
  every   = "10m"
  timeout = "5m"
  url     = env("GITLAB_PROJECTS", "https://gitlab.com/api/v4/projects")
  query   = { membership = true, pagination = "keyset", order_by = "id", sort = "asc", per_page = 100 }

  auth "api_key" {
    name  = "PRIVATE-TOKEN"
    value = env("GITLAB_TOKEN")
    in    = "header"
  }
  page "link" {}

  items = body
  key   = item.id

  compare {
    ignore = [item.last_activity_at, item.updated_at, item.star_count, item.forks_count, item.open_issues_count]
    sets   = [item.topics]
  }
  guard {
    max_deletes = "10%" # to be thrown out of a group looks like the end of all of its projects
  }
  sinks = [sink.app]
}
