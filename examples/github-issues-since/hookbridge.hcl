sink "webhook" "app" {
  url    = "https://app.example.com/hooks/github"
  secret = env("APP_SECRET")
}
