sink "webhook" "app" {
  url    = "https://app.example.com/hooks/issues"
  secret = env("APP_SECRET")
}
