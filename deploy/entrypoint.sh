#!/bin/sh
# Secrets come as files: NAME_FILE=/run/secrets/x sets NAME to the first line of that file. An empty
# file leaves NAME unset. Only the names below, because some variables end in _FILE themselves.
set -eu

for name in DATABASE_URL DATABASE_APP_URL VAULT_TOKEN VAULT_ROLE_ID VAULT_SECRET_ID \
  VAULT_ROTATE_ROLE_ID VAULT_ROTATE_SECRET_ID VAULT_REWRAP_ROLE_ID VAULT_REWRAP_SECRET_ID \
  TEMPORAL_API_KEY MEDIA_URL_SECRET MEDIA_S3_SECRET_ACCESS_KEY X_CLIENT_SECRET X_API_SECRET \
  INSTAGRAM_CLIENT_SECRET FACEBOOK_CLIENT_SECRET \
  THREADS_CLIENT_SECRET META_APP_SECRET LINKEDIN_CLIENT_SECRET TIKTOK_CLIENT_SECRET \
  YOUTUBE_CLIENT_SECRET GOOGLE_BUSINESS_CLIENT_SECRET GOOGLE_CLIENT_SECRET \
  PINTEREST_CLIENT_SECRET BLUESKY_CLIENT_SECRET REDDIT_CLIENT_SECRET; do
  eval "file=\${${name}_FILE:-}"
  [ -n "$file" ] || continue
  if [ ! -r "$file" ]; then
    echo "entrypoint: ${name}_FILE names $file, which cannot be read" >&2
    exit 1
  fi
  value=$(head -n 1 "$file")
  unset "${name}_FILE"
  [ -z "$value" ] || export "$name=$value"
done

exec "$@"
