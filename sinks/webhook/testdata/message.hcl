url = "https://crm.example.com/hooks"

sign "http_message" {
  key_id = "schlüssel"
  secret = "a secret"
  key    = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
}
