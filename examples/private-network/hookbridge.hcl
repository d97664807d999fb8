# A receiver at a partner: the way out is the company's proxy, both sides show certificates of the partner's
# authority, and no address that its name may ever lead to lies inside of the company.
sink "webhook" "partner" {
  url    = env("PARTNER_URL")
  secret = credential("partner-secret")
  proxy  = env("PROXY_URL")

  tls {
    ca          = credential("partner-ca")
    cert        = credential("partner-cert")
    key         = credential("partner-key")
    min_version = "1.3"
  }
  egress {
    deny_private = true
  }
}
