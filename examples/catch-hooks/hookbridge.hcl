# A catch hook of Zapier: whatever comes begins a Zap. People pick its fields by their names, which is why they
# are flat here, and there whether they hold anything or not.
sink "webhook" "zapier" {
  url      = env("ZAPIER_HOOK_URL")
  unsigned = true

  body = {
    id      = event.id # a Zap may come to know by it what it did already
    event   = event.type
    contact = key
    name    = coalesce(after.name, before.name)
    email   = coalesce(after.email, before.email)
    company = coalesce(after.company.name, before.company.name)
    tags    = join(", ", [for tag in coalesce(after.tags, before.tags) : tag if tag != null])
    changed = join(", ", [for pointer in event.data.changed : replace(pointer, "/^\\//", "")])
  }
}

# A Webhook node of n8n, with header authentication. It gets the events as they are: a Crypto node can check their
# signature.
sink "webhook" "n8n" {
  url     = env("N8N_HOOK_URL")
  headers = { X-Hook-Key = env("N8N_HOOK_KEY") }
  secret  = env("N8N_SECRET")
}
