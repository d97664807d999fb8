# Issues by GraphQL: the query goes into the body, and with it the cursor of the page that is asked for.
source "http" "issues" {
  every  = "2m"
  url    = "https://api.github.com/graphql"
  method = "POST"
  body = {
    query     = <<-QUERY
      query($after: String) {
        repository(owner: "golang", name: "go") {
          issues(first: 100, after: $after, states: OPEN) {
            nodes { number title state url }
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

  items = body.data.repository.issues.nodes
  key   = item.number
  sinks = [sink.app]
}
