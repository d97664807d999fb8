# What is watched: the orders of a shop, over all pages of its API. Each order that comes, changes or goes is
# sent to the sink above, as orders.created, orders.updated and orders.deleted.
source "http" "orders" {
  every = "1s"
  url   = env("API_URL", "http://127.0.0.1:7678/orders")
  items = body.orders
  key   = item.id

  page "link" {}

  initial = "emit" # send what is there at first, too

  compare {
    ignore = [item.viewed] # counts up whenever somebody looks, and is no news
  }
  sinks = [sink.shop]
}
