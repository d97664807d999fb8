# Slack, Mattermost and Rocket.Chat take {"text": …} at an address that is a secret in itself, and check no
# signature. Each entry of the feed becomes a line in the room.
sink "webhook" "room" {
  url         = env("CHAT_WEBHOOK_URL")
  unsigned    = true
  body        = { text = "*${after.title}*\n${after.link}" }
  concurrency = 1
  order       = "strict" # the room reads top to bottom
}
