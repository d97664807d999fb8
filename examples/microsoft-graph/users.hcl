# The users of a directory, by Microsoft Graph's delta query. Pages follow @odata.nextLink; the last one bears
# @odata.deltaLink, the URL that the next poll begins with. Who is gone comes as a tombstone with @removed.
source "http" "users" {
  every   = "5m"
  timeout = "4m"
  url     = "https://graph.microsoft.com/v1.0/users/delta"
  query   = { "$select" = "displayName,mail,jobTitle,department,accountEnabled" } # and only that is watched

  auth "oauth2" {
    token_url     = "https://login.microsoftonline.com/example.onmicrosoft.com/oauth2/v2.0/token"
    client_id     = env("GRAPH_CLIENT_ID")
    client_secret = env("GRAPH_CLIENT_SECRET")
    scopes        = ["https://graph.microsoft.com/.default"]
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
  on_duplicate_key = "last" # Graph may tell of one change twice

  # A token that is too old is a 410, which has all listed anew, or a 400 of this name.
  response {
    status = ["4xx"]
    when   = body.error.code == "syncStateNotFound"
    action = "resync"
  }

  guard {
    max_deletes = "10%"
  }
  sinks = [sink.app]
}
