sorce "http" "a" {}

every = "5m"

state {
  pth = "/var/lib/hookbridge"
}

admin {
  tls = true
}

defaults {
  compare {}
}

source "fed" "kind" {
  sinks = [sink.crm]
}

source "http" "attributes" {
  url     = "https://api.example.com/"
  timeot  = "30s"
  jitter  = "1s"
  jiter   = "1s"
  metod   = "GET"
  sinks   = [sink.crm]
  compare = [item.id]

  gard {
    max_events = 5
  }
  guard {
    max_delete = 5
  }
  windw {
    days = ["mon-fri"]
  }
  auth "bearer" {
    tokn = "x"
  }
  event "a" {
    wen = true
  }
  retry {}
}

sink "webhook" "crm" {
  uri    = "https://crm.example.com/hook"
  ordre  = "strict"
  max_bdy = "1KiB"

  retries {
    schedule = ["5s"]
  }
}

sink "stdot" "kind" {}
