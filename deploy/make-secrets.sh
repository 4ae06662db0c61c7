#!/bin/sh
# Makes the secret files docker-compose.yml needs, once: files that exist stay as they are.
# The folder is closed to others; the files in it are readable, because containers read them as
# users that this machine does not know.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
umask 022

secret() {
  [ -s "$folder/$1" ] || od -An -tx1 -N24 /dev/urandom | tr -d ' \n' > "$folder/$1"
}

for name in postgres_password owner_password service_password temporal_password \
  media_url_secret; do
  secret "$name"
done

url() {
  password=$(cat "$folder/$2")
  printf 'postgresql://%s:%s@postgres:5432/clarion' "$3" "$password" > "$folder/$1"
}
url owner_database_url owner_password clarion
url service_database_url service_password clarion_service

# Of your own app at X; left empty, X cannot be connected.
[ -e "$folder/x_client_secret" ] || : > "$folder/x_client_secret"
echo "Secrets are in $folder"
