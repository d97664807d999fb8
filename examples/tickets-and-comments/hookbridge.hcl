sink "webhook" "app" {
  url    = "https://app.example.com/hooks/tickets"
  secret = env("APP_SECRET")
}
