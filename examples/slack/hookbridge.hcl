# Slack's incoming webhooks take a message at an address that is a secret in itself, and check no signature.
sink "webhook" "room" {
  url      = env("SLACK_WEBHOOK_URL")
  unsigned = true
  rate     = "1/s"
  order    = "strict" # the room reads top to bottom

  # In a block of plain_text nothing is markup: an issue whose title is <!channel> rings for nobody. What stands in
  # text is what notifications show, and there it would be, so that it holds no word of others.
  body = {
    text = "Issue ${event.data.number} was ${event.data.what}"
    blocks = [
      merge(
        {
          type = "section"
          text = {
            type  = "plain_text"
            text  = "${event.data.what}: ${truncate(coalesce(event.data.title, "(without a title)"), 2000)}" # 3,000 at most
            emoji = false
          }
        },
        # Slack takes no message with a button that leads nowhere.
        can(regex("^https://", event.data.url)) ? {
          accessory = { type = "button", text = { type = "plain_text", text = "Open" }, url = event.data.url }
        } : {}
      )
    ]
  }
}
