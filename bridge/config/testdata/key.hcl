state {
  encryption_key = env("SECRET")
}

source "http" "orders" {
  url   = "https://api.example.com/"
  sinks = [sink.crm]
}

sink "webhook" "crm" {
  url = "https://crm.example.com/"
}
