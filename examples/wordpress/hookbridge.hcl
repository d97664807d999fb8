sink "webhook" "app" {
  url    = "https://app.example.com/hooks/posts"
  secret = env("APP_SECRET")
}
