sink "webhook" "app" {
  url    = "https://app.example.com/hooks/gitlab"
  secret = env("APP_SECRET")
}
