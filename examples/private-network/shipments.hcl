# An API inside of the company, whose certificate is signed by the company's own authority. Whatever it may answer, it
# leads the bridge to no other part of the network.
source "http" "shipments" {
  every = "1m"
  url   = env("SHIPMENTS_URL")

  tls {
    ca = credential("company-ca")
  }
  egress {
    deny_private = true
    allow        = ["10.20.0.0/16"]
  }
  page "link" {}

  items = body
  key   = item.id
  sinks = [sink.partner]
}
