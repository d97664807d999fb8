budget "github" {
  rate    = "80/min"
  reserve = "10%"
}

budget "wrong" {
  rate    = "fast"
  reserve = "100%"
  burst   = 3
}

budget "github" {}

budget "not a name" {
  rate    = "0/s"
  reserve = env("SECRET")
}

source "http" "good" {
  url    = "https://api.example.com/"
  budget = budget.github
  sinks  = [sink.ops]
}

source "http" "slip" {
  url    = "https://api.example.com/"
  budget = budget.githib
  sinks  = [sink.ops]
}

source "http" "quoted" {
  url    = "https://api.example.com/"
  budget = "github"
  sinks  = [sink.ops]
}

source "http" "indexed" {
  url    = "https://api.example.com/"
  budget = budget["github"]
  sinks  = [sink.ops]
}

source "http" "misspelt" {
  url    = "https://api.example.com/"
  budgte = budget.github
  sinks  = [sink.ops]
}

sink "stdout" "ops" {}
