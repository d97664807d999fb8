sink "stdout" "before" {
  order = "sometimes"
}

source "http" "broken" {
  url   = "https://api.example.com/"
  sinks = [sink.before, sink.after
}

sink "stdout" "after" {}
