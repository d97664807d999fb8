source "http" "orders" {
  every   = "1m"  # from the start of a poll to the start of the next
  jitter  = "5s"  # up to this is added, on top of the spread by name
  timeout = "10m" # of one whole poll

  adapt { # faster while things change, slower while they do not
    min = "30s"
    max = "15m"
  }
  window { # poll only then; several blocks add up
    days = ["mon-fri"]
    from = "07:00"
    to   = "19:00"
    zone = "Europe/Paris"
  }

  url         = "https://shop.example.com/orders"
  method      = "GET" # or POST, with a body
  query       = { state = "all" }
  headers     = { Accept = "application/json" }
  format      = "json" # ndjson, csv, xml; default: by the Content-Type
  conditional = true   # send If-None-Match and If-Modified-Since where the server gave validators
  auth        = auth.shop
  budget      = budget.shop
  proxy       = env("PROXY_URL")

  tls {
    ca = credential("shop-ca")
  }
  egress {
    deny_private = true
  }

  # One block: link; next { url }; cursor { value, param }; number { param, start, size_param, size };
  # offset { the same }. All take max, stop and hosts; the first three take resume.
  page "cursor" {
    value  = body.paging.next
    param  = "cursor"
    max    = 1000               # pages; reaching it means that deletes are not told
    stop   = body.paging.last   # the last page, where the server says so
    hosts  = ["eu.example.com"] # other origins that a next page may be on
    resume = true               # a listing that is broken off may go on here later
  }
  items    = body.orders
  items_as = "list" # or map, where items is an object of them
  total    = body.paging.total
  key      = item.id

  # Ask only for what changed. Instead of field: token = body.syncToken, or url = body.deltaLink, of the last page.
  cursor {
    field     = item.updated_at
    param     = "since"               # or write cursor.value into url, query, headers or body
    format    = "rfc3339"             # of field: unix, unix_ms, or a layout of Go with its zone
    zone      = "UTC"                 # of a layout that names none
    send      = "2006-01-02T15:04:05" # how it is written; default: as it is read
    start     = "-24h"                # the collection begins there; default: everything
    overlap   = "10m"                 # read again, and told apart
    lag       = "1m"                  # too young: left for the next poll
    retention = "30d"                 # a cursor that is older brings a full listing
    sorted    = true                  # the server lists by ascending field
    deleted   = item.deleted_at != null
  }
  reconcile { # a full listing, which finds deletes
    every = "24h"
  }

  # In order, the first that matches: ok, empty, retry, fail, refresh_token, resync, skip.
  response {
    status = [200]
    when   = body.error.code == 602
    action = "refresh_token"
  }

  max_body       = "1GiB" # decompressed
  max_item       = "16MiB"
  max_depth      = 1000
  max_redirects  = 5
  header_timeout = "30s"
  idle_timeout   = "30s"

  initial          = "baseline"  # or emit: the first listing is sent, as a snapshot
  on_duplicate_key = "error"     # first, last
  previous         = "purchases" # the name that the source had before

  compare {
    ignore = [item.updated_at, item.lines[*].stock] # no news
    sets   = [item.tags]                            # arrays whose order means nothing
    settle = 2                                      # polls in a row that must see a change
  }
  guard {
    max_deletes   = "20%" # more are held; default: 50%, from 20 items on
    max_events    = 1000
    confirm_polls = 2 # full listings in a row that must miss an item
  }
  expect { # otherwise source.stale
    change_within = "26h"
  }

  health = [sink.ops]
  sinks  = [sink.app, sink.audit]

  # With any event block only what matches one is sent.
  event "order.paid" {
    when  = change == "updated" && before.status != "paid" && after.status == "paid"
    data  = { id = key, amount = after.amount }
    sinks = [sink.app, sink.room, sink.events]
  }
}

# One listing for each item of another source.
source "http" "lines" {
  for_each = source.orders
  cron     = "*/15 7-19 * * mon-fri"
  zone     = "Europe/Paris"
  url      = "https://shop.example.com/orders/${each.key}/lines.csv"
  items    = body
  key      = "${each.key}/${item.sku}"
  sinks    = [sink.audit]

  csv {
    delimiter = ";"
    header    = true
    charset   = "windows-1252"
  }
  compare {
    watch = [item.price, item.amount] # only these are news
  }

  # One block. basic { username, password }; bearer { token }; api_key { name, value, in = header, query or cookie };
  # oauth2, as in hookbridge.hcl; aws_sigv4 { region, service, access_key, secret_key, session_token }.
  auth "login" {
    url      = "https://shop.example.com/login"
    method   = "POST"
    body     = { user = env("SHOP_USER"), password = env("SHOP_PASSWORD") }
    token    = body.token
    header   = "X-Session"
    lifetime = "1h"
  }
}

source "feed" "blog" {
  url   = "https://shop.example.com/blog.atom"
  every = "15m"
  sinks = [sink.room]
}
