state {}
state {}

source "http" "twice" {
  url   = "https://api.example.com/"
  sinks = [sink.twice]
}

source "feed" "twice" {
  url   = "https://api.example.com/"
  sinks = [sink.twice]
}

source "http" "9lives" {
  url   = "https://api.example.com/"
  sinks = [sink.twice]
}

source "http" {
  url = "https://api.example.com/"
}

source "http" "too" "many" {
  url = "https://api.example.com/"
}

sink "stdout" "twice" {}

sink "webhook" "twice" {
  url = "https://crm.example.com/hook"
}

sink "stdout" "with-hyphen" {}
