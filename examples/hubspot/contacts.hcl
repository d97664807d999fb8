# Contacts of HubSpot's CRM: the token of the next page stands in paging.next, which the last page lacks.
source "http" "contacts" {
  every   = "5m"
  timeout = "4m"
  url     = "https://api.hubapi.com/crm/v3/objects/contacts"
  query   = { limit = 100, properties = "email,firstname,lastname,lifecyclestage" }

  auth "bearer" {
    token = env("HUBSPOT_TOKEN")
  }
  page "cursor" {
    value = body.paging.next.after
    param = "after"
  }
  budget = budget.hubspot

  items = body.results
  key   = item.id

  compare {
    watch = [item.properties.email, item.properties.lifecyclestage]
  }
  guard {
    max_deletes = "5%"
  }
  sinks = [sink.app]
}

# HubSpot grants 100 requests in ten seconds, and refuses without saying for how long.
budget "hubspot" {
  rate = "8/s"
}
