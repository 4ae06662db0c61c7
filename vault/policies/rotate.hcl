# The part of a rotation that makes a key version, and afterwards ends the old ones. It cannot read a
# token, nor move one. `read` tells it which versions there are; `npm run keys:status` asks the same.
path "transit/keys/clarion-tokens" {
  capabilities = ["read"]
}

path "transit/keys/clarion-tokens/rotate" {
  capabilities = ["update"]
}

# Of all settings, only the minimum version: exporting or deleting a key stays impossible.
path "transit/keys/clarion-tokens/config" {
  capabilities       = ["update"]
  allowed_parameters = { "min_decryption_version" = [] }
}

path "transit/keys/clarion-consent" {
  capabilities = ["read"]
}

path "transit/keys/clarion-consent/rotate" {
  capabilities = ["update"]
}

path "transit/keys/clarion-consent/config" {
  capabilities       = ["update"]
  allowed_parameters = { "min_decryption_version" = [] }
}
