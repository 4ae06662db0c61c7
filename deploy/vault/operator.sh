#!/bin/sh
# Initializes Vault once, then unseals it whenever it is found sealed. The unseal key lies in a
# volume of this machine: that protects stolen database backups, not a stolen machine. Where that is
# too little, use a key service (`seal` in vault.hcl) and leave this service out.
set -eu
umask 077
keys=${1:-/vault/keys}
handover=${2:-/vault/handover}

# 0 open, 2 sealed, 1 not reached.
state() {
  code=0
  vault status >/dev/null 2>&1 || code=$?
  echo "$code"
}

initialize() {
  said=$(vault operator init -key-shares=1 -key-threshold=1)
  printf '%s' "$said" | sed -n 's/^Unseal Key 1: //p' | tr -d '\n' > "$keys/unseal_key"
  printf '%s' "$said" | sed -n 's/^Initial Root Token: //p' | tr -d '\n' > "$handover/root_token"
  # The bootstrap job runs as the node user of our image; it revokes and deletes this token.
  chown -R 1000:1000 "$handover"
  echo 'operator: initialized'
}

while :; do
  if [ "$(state)" = 2 ]; then
    initialized=0
    vault operator init -status >/dev/null 2>&1 || initialized=$?
    [ "$initialized" = 2 ] && initialize
    if vault write sys/unseal "key=@$keys/unseal_key" >/dev/null; then
      echo 'operator: unsealed'
    fi
  fi
  sleep 2
done
