state {
  history = "14d"
}

defaults {
  health = [sink.ops]
}

sink "webhook" "crm" {
  url         = "https://crm.example.com/hooks/customers"
  secret      = env("CRM_SECRET")
  concurrency = 16
}

sink "stdout" "ops" {}
