state {
  history = "forever"
}

log {
  level = "inof"
}

source "htpp" "typo_in_kind" {
  sinks = [sink.crm]
}

source "http" "several" {
  evry  = "5m"
  url   = "https://api.example.com/"
  sinks = [sink.crn]

  compare {
    ignore = [item.updated_at, before.id]
  }
  event "two words" {
    when  = after.state == env("NOT_SET")
    sinks = [sink.crm]
  }
}

sink "webhook" "crm" {
  url         = "https://crm.example.com/hook"
  concurrency = 0
}

snik "stdout" "ops" {}
