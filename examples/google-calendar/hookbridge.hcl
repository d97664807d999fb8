sink "webhook" "app" {
  url    = "https://app.example.com/hooks/calendar"
  secret = env("APP_SECRET")
}
