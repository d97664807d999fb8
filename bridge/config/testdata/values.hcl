state {
  path    = ""
  history = "1s"
}

admin {
  listen = "0.0.0.0:7676"
}

log {
  level  = "verbose"
  format = "xml"
}

defaults {
  every = "10ms"
}

source "http" "values" {
  every            = 5
  jitter           = "25h"
  timeout          = "fast"
  initial          = "emitt"
  on_duplicate_key = ["first"]
  url              = upcase("https://api.example.com/")
  method           = "DELETE"
  sinks            = sink.values

  compare {
    ignore = item.updated_at
    watch  = ["item.state"]
    sets   = [item.labels[0], item.labels[*].id, upper(item.name)]
  }
  guard {
    max_deletes = "many"
    max_events  = 0
  }
}

sink "webhook" "values" {
  timeout     = "2h"
  concurrency = 1.5
  order       = "keys"
  max_body    = "1TiB"

  retry {
    schedule = ["5s", null]
    jitter   = "120%"
  }
}
