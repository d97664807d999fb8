source "http" "tickets" {
  url   = "https://tickets.example.com/"
  sinks = [sink.ops]
}

source "http" "comments" {
  for_each = source.tickets
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "misspelt" {
  for_each = source.tickts
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "quoted" {
  for_each = "tickets"
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "of_a_sink" {
  for_each = sink.ops
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "self" {
  for_each = source.self
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "hen" {
  for_each = source.egg
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "egg" {
  for_each = source.hen
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "http" "chick" {
  for_each = source.hen
  url      = "https://tickets.example.com/comments"
  sinks    = [sink.ops]
}

source "feed" "no_children" {
  for_each = source.tickets
  url      = "https://tickets.example.com/feed"
  sinks    = [sink.ops]
}

sink "stdout" "ops" {}
