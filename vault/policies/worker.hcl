# The worker publishes (reads tokens) and refreshes (writes new ones).
path "transit/encrypt/clarion-tokens" {
  capabilities = ["update"]
}

path "transit/decrypt/clarion-tokens" {
  capabilities = ["update"]
}

# A refresh names the app that the token was given to.
path "transit/encrypt/clarion-consent" {
  capabilities = ["update"]
}

path "transit/decrypt/clarion-consent" {
  capabilities = ["update"]
}
