# The worker publishes (reads tokens) and refreshes (writes new ones).
path "transit/encrypt/clarion-tokens" {
  capabilities = ["update"]
}

path "transit/decrypt/clarion-tokens" {
  capabilities = ["update"]
}
