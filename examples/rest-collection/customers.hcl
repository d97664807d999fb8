# A collection behind numbered pages, in which deletes matter. They are only believed when every page was
# read; and if a fifth of the customers is gone at once, a person is asked first:
# `hookbridge source release customers`.
source "http" "customers" {
  every   = "5m"
  timeout = "4m"
  url     = env("CUSTOMERS_URL", "https://api.example.com/v2/customers")

  auth "api_key" {
    name  = "X-Api-Key"
    value = env("CUSTOMERS_KEY")
    in    = "header"
  }
  page "number" {
    param      = "page"
    start      = 1
    size_param = "per_page"
    size       = 200
  }

  items = body.data
  key   = "${item.region}/${item.id}"

  compare {
    ignore = [item.last_login, item.links]
    sets   = [item.tags]
  }
  guard {
    max_deletes = "20%"
    max_events  = 5000
  }
  sinks = [sink.crm]
}
