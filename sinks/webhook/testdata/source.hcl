url       = "https://crm.example.com/hooks"
unsigned  = true
format    = "cloudevents_binary"
ce_source = "not a uri"
headers   = { ce-id = "x", Content-Type = "text/plain" }

handshake {}
