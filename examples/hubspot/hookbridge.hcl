sink "webhook" "app" {
  url    = "https://app.example.com/hooks/contacts"
  secret = env("APP_SECRET")
}
