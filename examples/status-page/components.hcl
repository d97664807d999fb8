# The components of a service whose status page is a Statuspage, as thousands are.
source "http" "components" {
  every = "30s"
  url   = env("STATUS_URL", "https://www.githubstatus.com/api/v2/components.json")
  items = body.components
  key   = item.id

  compare {
    watch = [item.status] # not each edit of a description
  }

  event "component.down" {
    when = change == "updated" && before.status == "operational"
    data = { component = after.name, status = after.status, since = after.updated_at }
  }
  event "component.up" {
    when = change == "updated" && after.status == "operational"
    data = { component = after.name, was = before.status }
  }
  sinks  = [sink.pager, sink.log]
  health = [sink.log] # hear of it when the status page itself cannot be read
}
