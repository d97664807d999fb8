sink "webhook" "tracker" {
  url    = "https://tracker.example.com/hooks/github"
  secret = env("TRACKER_SECRET")
}
