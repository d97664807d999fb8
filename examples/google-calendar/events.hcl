# The events of a calendar of Google. The last page of a listing bears a sync token, with which the next poll
# gets only what changed; cancelled events are tombstones. When the token has expired the answer is a 410, and
# all is listed and compared anew.
source "http" "events" {
  every = "1m"
  url   = "https://www.googleapis.com/calendar/v3/calendars/primary/events"
  query = { maxResults = 2500 }

  auth "bearer" {
    token = env("GOOGLE_TOKEN")
  }
  page "cursor" {
    value = body.nextPageToken
    param = "pageToken"
  }

  items = body.items
  key   = item.id

  cursor {
    token   = body.nextSyncToken
    param   = "syncToken"
    deleted = item.status == "cancelled"
  }
  compare {
    ignore = [item.etag, item.updated]
  }
  sinks = [sink.app]
}
