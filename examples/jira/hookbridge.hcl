sink "webhook" "app" {
  url    = "https://app.example.com/hooks/jira"
  secret = env("APP_SECRET")
}
