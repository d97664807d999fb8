source "http" "both" {
  every = "1m"
  cron  = "*/15 * * * *"
  url   = "https://api.example.com/"
  sinks = sink.crm
}

source "http" "cron" {
  cron     = "0 25 * * *"
  zone     = "Europe/Pariss"
  url      = "https://api.example.com/"
  previous = "both"
  sinks    = sink.crm

  adapt {
    max = "1h"
  }
}

source "http" "fields" {
  cron     = "@daily"
  url      = "https://api.example.com/"
  previous = "gone"
  sinks    = sink.crm

  expect {
    change_within = "1s"
  }
}

source "http" "zone" {
  zone     = "UTC"
  url      = "https://api.example.com/"
  previous = "gone"
  sinks    = sink.crm

  adapt {
    min = "10m"
    max = "1m"
  }
  expect {}
}

source "http" "windows" {
  every    = "5m"
  url      = "https://api.example.com/"
  previous = "my old name"
  sinks    = sink.crm

  window {
    days = ["mon-friday"]
    from = "7am"
    to   = "24:01"
    zone = ""
  }
  window {
    days = []
    from = "07:00"
    to   = "07:00"
  }
  adapt {
    max = "1m"
  }
  compare {
    settle = 0
  }
  guard {
    confirm_polls = "twice"
  }
}

source "http" "never" {
  cron  = "0 0 30 feb *"
  url   = "https://api.example.com/"
  sinks = sink.crm
}

sink "webhook" "crm" {
  url    = "https://crm.example.com/"
  secret = "whsec_x"
}
