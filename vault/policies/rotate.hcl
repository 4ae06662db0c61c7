# Whoever starts a rotation: a new key version, and afterwards the end of the old ones.
path "transit/keys/clarion-tokens" {
  capabilities = ["read"]
}

path "transit/keys/clarion-tokens/rotate" {
  capabilities = ["update"]
}

path "transit/keys/clarion-tokens/config" {
  capabilities = ["update"]
}

path "transit/keys/clarion-consent" {
  capabilities = ["read"]
}

path "transit/keys/clarion-consent/rotate" {
  capabilities = ["update"]
}

path "transit/keys/clarion-consent/config" {
  capabilities = ["update"]
}
