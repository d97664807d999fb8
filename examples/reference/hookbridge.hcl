# Every block and every argument that there is, with its default where it has one. No configuration needs more than
# a few of them: the other examples are what to begin with, and this is where to look things up.
#
# A configuration is one file, or all files of a directory that end in .hcl. Durations are "90s", "1m30s", "24h",
# "7d"; sizes "64MiB"; shares "20%"; rates "50/s", "80/min", "5000/h". env, file and credential yield secrets, which
# nothing shows; nonsensitive(…) says of one that it is none.

state {
  path    = "/var/lib/hookbridge" # default: the first of $STATE_DIRECTORY, else ./hookbridge-state
  history = "7d"                  # how long delivered events and their attempts are kept for replays

  encryption_key = env("STATE_KEY") # 16, 24 or 32 bytes in base64: hookbridge state key makes one; default: none
}

admin {
  listen = "127.0.0.1:7676"   # default: unix:admin.sock in the state directory
  token  = env("ADMIN_TOKEN") # needed for any address that others can reach
}

log {
  level  = "info" # debug, info, warn, error
  format = "json" # or text; default: text on a terminal, json elsewhere
}

# For every source that does not say otherwise.
defaults {
  every  = "5m"
  health = [sink.ops]
}

# What several sources ask of one server. Without a block each server has a budget that follows what it says of its
# limits: Retry-After, RateLimit, X-RateLimit-*, X-Poll-Interval.
budget "shop" {
  rate    = "80/min" # never more, all sources together
  reserve = "10%"    # of what the server says is left, kept for others
}

# A credential that several sources share: auth = auth.shop.
auth "oauth2" "shop" {
  grant         = "refresh_token" # or client_credentials, the default
  token_url     = "https://shop.example.com/oauth/token"
  client_id     = env("SHOP_CLIENT_ID")
  client_secret = env("SHOP_CLIENT_PASSWORD")
  refresh_token = env("SHOP_REFRESH_TOKEN") # where the server gives a new one, that is kept in the state
  scopes        = ["orders:read"]
  params        = { audience = "https://shop.example.com" }
}
