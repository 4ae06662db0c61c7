# The API takes tokens in at the end of a consent flow. It never reads one.
# `update` without `create`: a mistyped key name is refused instead of making a new key.
path "transit/encrypt/clarion-tokens" {
  capabilities = ["update"]
}
