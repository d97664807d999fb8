defaults {
  health = sink.opps
}

source "http" "many_ways_to_be_wrong" {
  url    = "https://api.example.com/"
  sinks  = ["ops", sinks.ops, sink.ops.name, sink["ops"], 5, source.other, sink.ops]
  health = "everyone"
}

source "http" "twice_the_same" {
  url   = "https://api.example.com/"
  sinks = [sink.ops, sink.ops]
}

source "http" "no_one" {
  url = "https://api.example.com/"
}

source "http" "no_one_again" {
  url   = "https://api.example.com/"
  sinks = []
}

sink "stdout" "ops" {}

sink "stdout" "unused" {}

source "http" "no_one_and_another_mistake" {
  url   = "https://api.example.com/"
  every = "never"
}
