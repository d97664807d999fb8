sink "webhook" "pager" {
  url    = "https://pager.example.com/hooks/status"
  secret = env("PAGER_SECRET")

  retry {
    schedule = ["5s", "15s", "1m", "5m", "30m"] # old news of an outage helps nobody
  }
}

sink "file" "log" {
  path = "/var/log/hookbridge/status.jsonl"
}
