sink "webhook" "app" {
  url    = "https://app.example.com/hooks/parameters"
  secret = env("APP_SECRET")
}
