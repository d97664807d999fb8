# An API that has a shape of its own, and a token. It takes what it knows, and nothing else.
sink "webhook" "warehouse" {
  url      = env("WAREHOUSE_URL", "https://warehouse.example.com/v1/shipments")
  unsigned = true
  headers  = { Authorization = "Bearer ${env("WAREHOUSE_TOKEN")}" }

  body = {
    request_id = event.id # the same at each attempt: what was taken once is not taken again
    reference  = "order-${key}"
    priority   = lookup({ express = 1, standard = 3 }, coalesce(after.shipping, "standard"), 3)
    recipient  = truncate(coalesce(after.customer.name, after.customer.email, "unknown"), 80)
    lines      = [for line in after.lines : { sku = line.sku, quantity = line.quantity } if line.quantity > 0]
    note       = truncate(replace(coalesce(after.note, ""), "/\\s+/", " "), 255) # one line
    ordered_on = formatdate("YYYY-MM-DD", after.created_at)
  }
}
