#!/bin/sh
# Brings both databases of the Temporal server to the version of this admin-tools image. Repeatable.
set -eu
SQL_PASSWORD=$(cat /run/secrets/temporal_password)
export SQL_PASSWORD

update() {
  temporal-sql-tool --plugin postgres12 --ep postgres --port 5432 --user temporal --db "$1" \
    setup-schema --version 0.0
  temporal-sql-tool --plugin postgres12 --ep postgres --port 5432 --user temporal --db "$1" \
    update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

update temporal temporal
update temporal_visibility visibility
