sink "webhook" "app" {
  url    = "https://app.example.com/hooks/users"
  secret = env("APP_SECRET")
}
