source "http" "contacts" {
  every = "5m"
  url   = env("CONTACTS_API", "https://crm.example.com/api/contacts")
  items = body.data
  key   = item.id

  compare {
    ignore = [item.updated_at]
    sets   = [item.tags]
  }
  sinks = [sink.zapier, sink.n8n]
}
