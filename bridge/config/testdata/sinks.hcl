source "http" "s" {
  url   = "https://api.example.com/"
  sinks = [sink.own, sink.plain, sink.strict, sink.rated]
}

sink "webhook" "own" {
  health = [sink.own, sink.ops]
}

sink "stdout" "plain" {
  batch {
    max = 5
  }
}

sink "webhook" "strict" {
  order = "strict"
  batch {}
}

sink "webhook" "rated" {
  rate   = "fast"
  health = sink.opps
  batch {
    max  = 5000
    wait = "2d"
    size = 3
  }
}

sink "stdout" "ops" {}
