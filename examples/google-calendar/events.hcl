# The events of a calendar of Google. The last page of a listing bears a sync token, with which the next poll
# gets only what changed; cancelled events are tombstones. When the token has expired the answer is a 410, and
# all is listed and compared anew.
source "http" "events" {
  every = "1m"
  url   = "https://www.googleapis.com/calendar/v3/calendars/primary/events"
  query = { maxResults = 2500 }

  auth "oauth2" {
    grant         = "refresh_token"
    token_url     = "https://oauth2.googleapis.com/token"
    client_id     = env("GOOGLE_CLIENT_ID")
    client_secret = env("GOOGLE_CLIENT_SECRET")
    refresh_token = env("GOOGLE_REFRESH_TOKEN")
  }
  page "cursor" {
    value = body.nextPageToken
    param = "pageToken"
  }

  items = body.items
  key   = item.id

  # That a series takes place, but for one day of it, is news and no end of anything: such a day is an item of
  # its own that bears the status cancelled from the start.
  cursor {
    token   = body.nextSyncToken
    param   = "syncToken"
    deleted = item.status == "cancelled" && item.recurringEventId == null
  }

  # Google says that it had enough with a 403, and only the reason tells that from a calendar that is not yours.
  response {
    status = [403]
    when   = length([for e in body.error.errors : e if contains(["rateLimitExceeded", "userRateLimitExceeded"], e.reason)]) > 0
    action = "retry"
  }

  compare {
    ignore = [item.etag, item.updated]
  }
  sinks = [sink.app]
}
