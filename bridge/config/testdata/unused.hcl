source "http" "s" {
  url    = "https://api.example.com/"
  health = [sink.health]
  sinks  = [sink.default]

  event "e" {
    sinks = [sink.event]
  }
}

sink "stdout" "default" {}

sink "stdout" "event" {}

sink "stdout" "health" {}

sink "stdout" "unused" {}

budget "unused" {
  rate = "1/s"
}
