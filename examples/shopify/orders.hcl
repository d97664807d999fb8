# The orders of a shop on Shopify. The Link header bears a page_info that goes with nothing but limit, which is
# why the link is followed as it is. Only orders that changed are asked for after the first listing.
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

  items = body.orders
  key   = item.id

  cursor {
    field   = item.updated_at
    param   = "updated_at_min"
    overlap = "5m"
    start   = "-60d" # older orders need a permission of their own
  }
  sinks = [sink.app]
}
