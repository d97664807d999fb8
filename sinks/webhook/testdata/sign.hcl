url      = "https://crm.example.com/hooks"
secret   = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
unsigned = true

sign "stripes" {
  secret = "a secret"
}
sign "standard" {
  secret = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
}
sign "ed25519" {
  key      = hidden("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
  previous = [hidden("whsk_AAECAwQF")]
}
sign "github" {
  secret   = hidden("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
  previous = ["another"]
}
sign "github" {
  secret = "a secret"
}
sign "stripe" {
  secret = hidden("a secret of a file\n")
}
sign "stripe" {
  secret = "a secret"
}
