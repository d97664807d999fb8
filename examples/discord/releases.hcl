# The releases of a project, by the feed that GitHub has of them.
source "feed" "releases" {
  every = "15m"
  url   = env("FEED_URL", "https://github.com/golang/go/releases.atom")

  event "release.published" {
    when = change == "created"
  }
  sinks = [sink.channel]
}
