sink "webhook" "app" {
  url    = "https://app.example.com/hooks/orders"
  secret = env("APP_SECRET")
}
