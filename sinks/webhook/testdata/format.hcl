url       = "https://crm.example.com/hooks"
unsigned  = true
format    = "cloudevent"
ce_source = "not a uri"
headers   = { ce-id = "x" }

handshake {
  origin = "https://bridge.example.com/"
  rate   = "often"
}
