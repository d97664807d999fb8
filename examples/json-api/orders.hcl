source "http" "orders" {
  every = "1m"
  url   = env("ORDERS_URL", "https://shop.example.com/api/orders")
  items = body.orders
  key   = item.id

  event "order.paid" {
    when = before.status != "paid" && after.status == "paid" && length([for line in after.lines : line if line.quantity > 0]) > 0
  }
  sinks = [sink.warehouse]
}
