source "http" "events" {
  url = "https://api.example.com/"

  event "fine.event" {
    when  = change == "updated" && before.state != after.state
    data  = { number = after.number, title = "${key}: ${after.title}" }
    sinks = [sink.chat]
  }
  event "no sink" {
    when = befor.state == "open"
    data = item.number
  }
  event "" {
    when = "yes"
  }
  event "secret" {
    when = after.token == env("SECRET")
    data = { token = [for t in after.tokens : credential(t)] }
  }
  event "missing" {
    when = chnaged("/state")
    data = { token = file("none.txt") }
  }
}

source "http" "one_event_without_sink" {
  url = "https://api.example.com/"

  event "heard" {
    sinks = [sink.chat]
  }
  event "unheard" {}
}

sink "stdout" "chat" {}
