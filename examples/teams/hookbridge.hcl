# A channel of Microsoft Teams, behind the workflow "When a Teams webhook request is received". It takes adaptive
# cards of 28 KB.
sink "webhook" "channel" {
  url      = env("TEAMS_WEBHOOK_URL")
  unsigned = true
  rate     = "4/s"
  order    = "strict"
  max_body = "28KiB"

  # What others wrote stands in text runs: a TextBlock would take it for Markdown, with links that say one thing
  # and lead to another.
  body = {
    type = "message"
    attachments = [{
      contentType = "application/vnd.microsoft.card.adaptive"
      content = {
        "$schema" = "http://adaptivecards.io/schemas/adaptive-card.json"
        type      = "AdaptiveCard"
        version   = "1.4"
        body = [
          { type = "TextBlock", text = event.type == "incident.opened" ? "New incident" : "News of an incident", weight = "Bolder" },
          { type = "RichTextBlock", inlines = [{ type = "TextRun", text = truncate(coalesce(after.name, "(without a name)"), 500) }] },
          { type = "RichTextBlock", inlines = [{ type = "TextRun", isSubtle = true, text = join(" · ", [
            truncate(coalesce(after.status, "status unknown"), 30),
            "impact ${truncate(coalesce(after.impact, "unknown"), 30)}",
            "since ${try(formatdate("DD MMM YYYY, hh:mm ZZZ", after.created_at), "an unknown time")}",
          ]) }] },
        ]
        actions = can(regex("^https://", after.shortlink)) ? [{ type = "Action.OpenUrl", title = "Details", url = after.shortlink }] : []
      }
    }]
  }
}
