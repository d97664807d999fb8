sink "webhook" "app" {
  url    = "https://app.example.com/hooks/payments"
  secret = env("APP_SECRET")
}
