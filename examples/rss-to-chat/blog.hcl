source "feed" "blog" {
  every = "15m"
  url   = env("FEED_URL", "https://go.dev/blog/feed.atom")

  # Only new entries: an author who mends a typo should not ring in the room again.
  event "blog.published" {
    when = change == "created"
  }
  sinks = [sink.room]
}
