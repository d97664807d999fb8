# Open issues by GraphQL: the query goes into the body, and with it the cursor of the page that is asked for. An
# issue that is closed leaves the list, and is told as deleted.
source "http" "issues" {
  every   = "5m"
  timeout = "4m"
  url     = "https://api.github.com/graphql"
  method  = "POST"
  body = {
    query     = <<-QUERY
      query($after: String) {
        repository(owner: "hashicorp", name: "hcl") {
          issues(first: 100, after: $after, states: OPEN, orderBy: {field: CREATED_AT, direction: ASC}) {
            nodes { number title url }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    QUERY
    variables = { after = page.value }
  }

  auth "bearer" {
    token = env("GITHUB_TOKEN")
  }
  page "cursor" {
    value = body.data.repository.issues.pageInfo.endCursor
    stop  = !body.data.repository.issues.pageInfo.hasNextPage
  }

  # GraphQL answers 200 whatever happened, even with a part of the data.
  response {
    when   = length(body.errors) > 0
    action = "fail"
  }

  items = body.data.repository.issues.nodes
  key   = item.number

  event "issue.opened" {
    when = change == "created"
    data = { number = after.number, title = after.title, url = after.url }
  }
  event "issue.closed" {
    when = change == "deleted"
    data = { number = before.number, title = before.title, url = before.url }
  }
  sinks = [sink.app]
}
