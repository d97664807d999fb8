# Who gets the events. `hookbridge listen` is such a receiver: it prints what comes, and checks the signatures.
sink "webhook" "shop" {
  url    = env("RECEIVER_URL", "http://127.0.0.1:7677/")
  secret = env("RECEIVER_SECRET")
}
