# The API takes tokens in at the end of a consent flow. It never reads one.
# `update` without `create`: a mistyped key name is refused instead of making a new key.
path "transit/encrypt/clarion-tokens" {
  capabilities = ["update"]
}

# To finish a consent it needs what it sealed itself when the consent began: the PKCE verifier, and
# the secret of an app it registered.
path "transit/encrypt/clarion-consent" {
  capabilities = ["update"]
}

path "transit/decrypt/clarion-consent" {
  capabilities = ["update"]
}
