# An API in the manner of Stripe: the last id of a page leads to the next one, has_more tells whether there is
# one, and what is newest comes first.
source "http" "charges" {
  every = "1m"
  url   = "https://api.payments.example.com/v1/charges"
  query = { limit = 100 }

  auth "bearer" {
    token = env("PAYMENTS_KEY")
  }
  page "cursor" {
    value = body.data[length(body.data) - 1].id
    param = "starting_after"
    stop  = !body.has_more
    max   = 10 # the newest thousand: older ones scroll away, and are not taken for deleted
  }
  budget = budget.payments

  items = body.data
  key   = item.id

  event "charge.succeeded" {
    when = after.status == "succeeded" && before.status != "succeeded"
    data = { id = after.id, amount = after.amount, currency = after.currency }
  }
  event "charge.refunded" {
    when = after.refunded && !before.refunded
    data = { id = after.id, amount = after.amount_refunded, currency = after.currency }
  }
  sinks = [sink.app]
}

# Payments come first: the rest of the limit is theirs.
budget "payments" {
  rate = "10/s"
}
