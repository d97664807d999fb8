state {
  path    = "/var/lib/hookbridge"
  history = "30d"
}

admin {
  listen = "0.0.0.0:7676"
  token  = env("SECRET")
}

log {
  level  = "debug"
  format = "json"
}

defaults {
  every  = "90s"
  health = [sink.ops]
}

source "http" "issues" {
  every            = "1m"
  jitter           = "5s"
  timeout          = "30s"
  initial          = "emit"
  on_duplicate_key = "last"
  url              = "https://api.example.com/?token=${env("SECRET")}"
  headers          = { Authorization = env("SECRET") }

  compare {
    ignore = [item.updated_at, item.labels[*].url]
    watch  = [item.state, item["odd name"]]
    sets   = [item.labels]
    settle = 2
  }
  guard {
    max_deletes   = 7
    max_events    = 1000
    confirm_polls = 3
  }
  adapt {
    min = "30s"
    max = "15m"
  }
  expect {
    change_within = "26h"
  }
  previous = "tickets"
  health = [sink.ops, sink.crm]
  sinks  = [sink.crm]

  event "issue.closed" {
    when  = change == "updated" && before.state == "open" && after.state == "closed"
    data  = { number = after.number, title = after.title }
    sinks = [sink.crm, sink.ops, sink.many]
  }
  event "issue.closed" {
    when = changed("/title")
  }
}

source "feed" "blog" {
  url    = "https://blog.example.com/feed.atom"
  budget = budget.blogs
  sinks  = sink.ops
}

budget "blogs" {
  rate    = "80/min"
  reserve = "10%"
}

source "http" "rates" {
  cron  = "*/15 7-19 * * mon-fri"
  zone  = "Europe/Paris"
  url   = "https://rates.example.com/"
  sinks = sink.ops

  window {
    days = ["fri-mon", "wed"]
    from = "22:00"
    to   = "03:30"
    zone = "America/New_York"
  }
  window {
    days = ["tue"]
  }
}

sink "webhook" "crm" {
  url         = env("SECRET")
  secret      = env("UNSET", "whsec_default")
  timeout     = "20s"
  concurrency = 4
  order       = "strict"

  retry {
    schedule = ["1s", "1m"]
    jitter   = "50%"
  }
}

sink "webhook" "many" {
  url    = env("SECRET")
  rate   = "80/min"
  health = [sink.ops, sink.crm]

  batch {
    max  = 50
    wait = "2s"
  }
}

sink "stdout" "ops" {
  order = "none"
}
