# The rewrap job moves ciphertexts to the newest key version and never sees a token.
path "transit/rewrap/clarion-tokens" {
  capabilities = ["update"]
}

path "transit/keys/clarion-tokens" {
  capabilities = ["read"]
}

path "transit/rewrap/clarion-consent" {
  capabilities = ["update"]
}

path "transit/keys/clarion-consent" {
  capabilities = ["read"]
}
