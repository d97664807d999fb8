# Tickets, asked for by what changed, and the comments of each of them.
source "http" "tickets" {
  every = "2m"
  url   = "https://tickets.example.com/api/tickets"

  auth "bearer" {
    token = env("TICKETS_TOKEN")
  }
  page "offset" {
    param      = "offset"
    size_param = "limit"
    size       = 100
  }

  items = body.data
  key   = item.id

  cursor {
    field     = item.updated_at
    param     = "since"
    overlap   = "10m"
    lag       = "1m"
    retention = "30d"
    deleted   = item.deleted_at != null
  }
  reconcile {
    every = "24h"
  }
  sinks = [sink.app]
}

source "http" "comments" {
  every    = "10m"
  timeout  = "9m"
  for_each = source.tickets
  url      = "https://tickets.example.com/api/tickets/${each.key}/comments"

  auth "bearer" {
    token = env("TICKETS_TOKEN")
  }
  items = body.data
  key   = "${each.key}/${item.id}"

  # A ticket that is gone already, although its source does not know of it yet, has no comments. Without this it
  # would keep the comments of all the others waiting.
  response {
    status = [404]
    action = "empty"
  }
  sinks = [sink.app]
}
