# A webhook of a channel on Discord. It takes 2,000 characters, and five messages in two seconds; when it had
# enough it says for how long, which is heeded.
sink "webhook" "channel" {
  url      = env("DISCORD_WEBHOOK_URL")
  unsigned = true
  rate     = "2/s"
  order    = "strict" # the channel reads top to bottom

  body = {
    content          = "**${truncate(coalesce(after.title, "(without a title)"), 1000)}**\n${truncate(after.link, 900)}"
    allowed_mentions = { parse = [] } # whoever writes @everyone into a title
  }
}
