state {
  path = env("SECRET")
}

admin {
  listen = "unix:/run/${env("SECRET")}"
  token  = "${env("SECRET")} with spaces"
}

log {
  level = env("SECRET")
}

source "http" "quoted_by_the_plugin" {
  url   = "ftp://${env("SECRET")}"
  sinks = [sink.crm]
}

source "http" "told_by_the_language" {
  url     = "https://api.example.com/"
  headers = { for n in [env("SECRET"), env("SECRET")] : n => "x" }
  method  = { (env("SECRET")) = 1 }.other
  sinks   = [sink.crm]

  auth "bearer" {
    token = env(env("SECRET"))
  }
}

sink "webhook" "crm" {
  url         = tonumber(env("SECRET"))
  secret      = env("NONE")
  concurrency = env("SECRET")
}
