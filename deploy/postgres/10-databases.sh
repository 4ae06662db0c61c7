#!/bin/sh
# Run once by the postgres image, on an empty data folder: databases and logins. Passwords are read
# by psql itself, so that no process list shows them.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set owner_password `cat "${SECRETS:-/run/secrets}/owner_password"`
\set service_password `cat "${SECRETS:-/run/secrets}/service_password"`
\set temporal_password `cat "${SECRETS:-/run/secrets}/temporal_password"`

-- What the tables trust: see db/migrations/001-tenants.ts.
create role clarion_app nologin;
create role clarion_system nologin;

-- Owns the schema and migrates it; used by the migrate job alone.
create role clarion login password :'owner_password';
grant clarion_app, clarion_system to clarion with admin option, inherit false, set true;
create database clarion owner clarion;

-- API and worker: no rights of its own, it takes one of the two roles at session start.
create role clarion_service login noinherit password :'service_password';
grant clarion_app, clarion_system to clarion_service with inherit false, set true;
revoke connect on database clarion from public;
grant connect on database clarion to clarion_service;

create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database temporal, temporal_visibility from public;
SQL
