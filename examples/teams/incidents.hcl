# The incidents of a service whose status page is a Statuspage, as thousands are.
source "http" "incidents" {
  every = "1m"
  url   = env("INCIDENTS_URL", "https://www.githubstatus.com/api/v2/incidents.json")
  items = body.incidents
  key   = item.id

  compare {
    watch = [item.name, item.status, item.impact] # not each word that is added to it
  }

  event "incident.opened" {
    when = change == "created"
  }
  event "incident.moved" {
    when = changed("/status")
  }
  sinks = [sink.channel]
}
