# The orders of a shop on Shopify. The Link header bears a page_info that goes with nothing but limit, which is
# why the link is followed as it is. Only orders that changed are asked for after the first listing. There is no
# reconcile: an order is cancelled, which is a change, and hardly ever deleted.
source "http" "orders" {
  every   = "1m"
  timeout = "10m"
  url     = "https://example.myshopify.com/admin/api/2026-07/orders.json"
  query   = { status = "any", limit = 250, order = "updated_at asc" }

  auth "api_key" {
    name  = "X-Shopify-Access-Token"
    value = env("SHOPIFY_TOKEN")
    in    = "header"
  }
  page "link" {}
  budget = budget.shopify

  items = body.orders
  key   = item.id

  cursor {
    field   = item.updated_at
    param   = "updated_at_min"
    overlap = "5m"
    start   = "-60d" # older orders need a permission of their own
  }
  compare {
    ignore = [item.updated_at]
  }
  on_duplicate_key = "last" # an order that changes while the pages are read moves to the last one
  sinks            = [sink.app]
}

# A bucket of 40 requests, into which two come each second.
budget "shopify" {
  rate = "2/s"
}
