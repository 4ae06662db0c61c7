#!/bin/sh
# Makes the namespace and its search attributes unless they are there. Repeatable. TEMPORAL_ADDRESS
# and TEMPORAL_NAMESPACE are read by the temporal program itself.
set -eu

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
fi

# A new namespace is known to the whole server only after some seconds.
tries=0
until existing=$(temporal operator search-attribute list 2>&1); do
  tries=$((tries + 1))
  if [ "$tries" -ge 30 ]; then
    echo "namespace: $existing" >&2
    exit 1
  fi
  sleep 1
done

attribute() {
  case "$existing" in
    *" $1 "*) return ;;
  esac
  temporal operator search-attribute create --name "$1" --type "$2"
}

# As in workflows/search-attributes.ts; `npm run check` compares.
attribute TenantId Keyword
attribute Platform Keyword
attribute ConnectionId Keyword
attribute PostState Keyword
attribute ConnectionState Keyword
attribute FailureCode Keyword
attribute DueAt Datetime
attribute TokenExpiresAt Datetime
attribute NeedsAttention Bool
