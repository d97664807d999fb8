auth "bearer" "github" {
  token = env("SECRET")
}

auth "bearer" "broken" {
  tokn = env("SECRET")
}

auth "basic" "github" {
  token = env("SECRET")
}

auth "bearer" "not-a-name" {
  token = env("SECRET")
}

auth "bearer" {
  token = env("SECRET")
}

source "http" "right" {
  url   = "https://api.example.com/"
  auth  = auth.github
  sinks = [sink.out]
}

source "http" "one_letter" {
  url   = "https://api.example.com/"
  auth  = auth.githab
  sinks = [sink.out]
}

source "http" "quotes" {
  url   = "https://api.example.com/"
  auth  = "github"
  sinks = [sink.out]
}

source "http" "another_word" {
  url   = "https://api.example.com/"
  auth  = credentials.github
  sinks = [sink.out]
}

source "http" "secret" {
  url   = "https://api.example.com/"
  auth  = env("SECRET")
  sinks = [sink.out]
}

source "http" "of_a_broken_one" {
  url   = "https://api.example.com/"
  auth  = auth.broken
  sinks = [sink.out]
}

source "http" "of_a_broken_one_again" {
  url   = "https://api.example.com/"
  auth  = auth.broken
  sinks = [sink.out]
}

sink "stdout" "out" {}
