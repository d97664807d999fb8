# Slack, Mattermost and Rocket.Chat take {"text": …} at an address that is a secret in itself, and check no
# signature. Each entry of the feed becomes a line in the room.
sink "webhook" "room" {
  url         = env("CHAT_WEBHOOK_URL")
  unsigned    = true
  concurrency = 1
  order       = "strict" # the room reads top to bottom

  # Between < and > stand links, and also <!channel>, at which the room rings: what others wrote is to be text.
  body = {
    text = replace(replace(replace("*${truncate(after.title, 300)}*\n${after.link}", "&", "&amp;"), "<", "&lt;"), ">", "&gt;")
  }
}
