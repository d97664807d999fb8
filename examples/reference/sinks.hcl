sink "webhook" "app" {
  url         = "https://app.example.com/hook"
  headers     = { X-Team = "platform" }
  timeout     = "15s" # of one attempt, to the last byte of the answer
  concurrency = 8     # attempts at a time
  rate        = "50/s"
  order       = "key"            # of the events about one item; strict: of all; none
  format      = "standard"       # cloudevents, cloudevents_binary
  max_body    = "256KiB"         # what is larger leaves without before and after, and with "truncated":true
  health      = [sink.ops]       # who hears of sink.failing, recovered, disabled and delivery.buried
  proxy       = env("PROXY_URL") # http, https or socks5; NO_PROXY is heeded

  # The waits between attempts; after one more the delivery is a dead letter. This is the default.
  retry {
    schedule = ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"]
    jitter   = "20%"
  }

  # Optional: up to max events leave together, as an array, as soon as there are enough or the first has waited.
  batch {
    max  = 100
    wait = "1s"
  }

  tls {
    ca          = credential("app-ca") # trusted instead of what the system trusts
    cert        = credential("app-cert")
    key         = credential("app-key")
    min_version = "1.2"
  }
  egress {
    deny_private = true            # loopback and private addresses; metadata services and the like always are
    allow        = ["10.1.0.0/16"] # but these
  }

  # Several may sign together. secret = env("APP_SECRET") in the sink is short for the first of these.
  sign "standard" {
    secret   = env("APP_SECRET")
    previous = [env("OLD_APP_SECRET")] # both sign while they are exchanged
  }
  sign "github" {
    secret = env("APP_GITHUB_SECRET")
  }
  sign "stripe" {
    secret = env("APP_STRIPE_SECRET")
  }
  sign "http_message" { # RFC 9421
    key_id = "app-1"
    secret = env("APP_SECRET") # or key, of hookbridge secret new --ed25519
  }
}

sink "webhook" "events" {
  url       = "https://events.example.com/"
  format    = "cloudevents"
  ce_source = "/bridge" # how the source attribute of each event begins
  unsigned  = true

  # CloudEvents' handshake: no event leaves before the receiver allowed this origin.
  handshake {
    origin = "bridge.example.com"
    rate   = "120/min" # that is asked for
  }
}

sink "webhook" "room" {
  url      = env("ROOM_URL")
  unsigned = true                                                      # the URL is the secret
  body     = { text = "${event.type}: ${coalesce(after.title, key)}" } # replaces the payload
}

sink "file" "audit" {
  path = "/var/log/hookbridge/events.jsonl"
}

sink "stdout" "ops" {}
