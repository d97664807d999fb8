# The users of a directory, by Microsoft Graph's delta query. Pages follow @odata.nextLink; the last one bears
# @odata.deltaLink, the URL that the next poll begins with. Who is gone comes as a tombstone with @removed.
source "http" "users" {
  every   = "5m"
  timeout = "4m"
  url     = "https://graph.microsoft.com/v1.0/users/delta"

  auth "bearer" {
    token = env("GRAPH_TOKEN")
  }
  page "next" {
    url = body["@odata.nextLink"]
  }

  items = body.value
  key   = item.id

  cursor {
    url     = body["@odata.deltaLink"]
    deleted = item["@removed"] != null
  }
  sinks = [sink.app]
}
