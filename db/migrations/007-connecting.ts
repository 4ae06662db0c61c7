import { Migration } from '@mikro-orm/migrations'

/** Apps of tenants, several logins per platform, consents that cover several accounts. */
export class Connecting extends Migration {
  override up(): void {
    this.addSql(APPS)
    this.addSql(CONNECTIONS)
    this.addSql(SESSIONS)
    this.addSql(DESTINATIONS)
    this.addSql(WAITING)
    this.addSql(WALLS)
    this.addSql(SYSTEM_ACCESS)
  }

  override down(): void {
    this.addSql(`
drop table connection_destinations;
alter table post_targets drop column waiting_code, drop column waiting_since;
revoke select (platform_account_id, last_validated_at) on connections from clarion_system;
drop policy system_select on app_registrations;
revoke select (id, tenant_id, key_version) on app_registrations from clarion_system;
alter table oauth_sessions drop column method, drop column platform_app_id,
  drop column secrets_ciphertext, drop column grant_ciphertext, drop column accounts,
  drop column key_version;
alter table connections drop column method, drop column refresh_model,
  drop column platform_app_id, drop column grantor_id, drop column warned_days,
  drop column last_validation_failed_at, drop column api_calls_limit,
  drop column api_calls_told_at;
drop table platform_apps;
`)
  }
}

// At least one pair; a secret never stands without its id. X has a second pair for OAuth 1.0a.
const APPS = `
create table platform_apps (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  platform text not null,
  name text not null,
  client_id text,
  client_secret_ciphertext text,
  api_key text,
  api_secret_ciphertext text,
  key_version integer,
  is_default boolean not null default false,
  verified_at timestamptz,
  verify_error jsonb,
  revision integer not null default 1,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint platform_apps_tenant_id_id_unique unique (tenant_id, id),
  constraint platform_apps_name_unique unique (tenant_id, platform, name),
  constraint platform_apps_platform_check check (platform in (
    'x', 'instagram', 'facebook', 'linkedin', 'tiktok', 'youtube', 'threads', 'pinterest',
    'bluesky', 'mastodon', 'google_business', 'reddit')),
  constraint platform_apps_pair_check check (
    (client_id is not null or api_key is not null)
    and (client_secret_ciphertext is null or client_id is not null)
    and (api_secret_ciphertext is null or api_key is not null)),
  constraint platform_apps_oauth1_check check (api_key is null or platform = 'x'),
  constraint platform_apps_ciphertext_check check (
    client_secret_ciphertext ~ '^(vault|local):v' and api_secret_ciphertext ~ '^(vault|local):v'),
  constraint platform_apps_key_version_check check (
    key_version >= 1
    and (key_version is null)
      = (client_secret_ciphertext is null and api_secret_ciphertext is null)),
  constraint platform_apps_created_by_foreign
    foreign key (tenant_id, created_by) references users (tenant_id, id),
  constraint platform_apps_updated_by_foreign
    foreign key (tenant_id, updated_by) references users (tenant_id, id)
);
create unique index platform_apps_default_unique
  on platform_apps (tenant_id, platform) where is_default;
create index platform_apps_key_version_index on platform_apps (key_version);
`

const CONNECTIONS = `
alter table connections
  add column method text not null default 'oauth2',
  add column refresh_model text not null default 'none',
  add column platform_app_id uuid,
  add column grantor_id text,
  add column warned_days integer,
  add column last_validation_failed_at timestamptz,
  add column api_calls_limit integer,
  add column api_calls_told_at timestamptz,
  add constraint connections_refresh_model_check check (refresh_model in (
    'rotating', 'reusable', 'extension', 'none')),
  add constraint connections_method_check check (method ~ '^[a-z][a-z0-9_]*$'),
  add constraint connections_platform_app_foreign
    foreign key (tenant_id, platform_app_id) references platform_apps (tenant_id, id);
create index connections_grantor_index on connections (platform, grantor_id)
  where disconnected_at is null;
-- Accounts of before were connected by the one way that there was. The walls hold for the owner too.
alter table connections no force row level security;
update connections set refresh_model = 'rotating' where platform in ('x', 'bluesky');
update connections set method = 'app_password' where platform = 'bluesky';
alter table connections force row level security;
`

// A session that waits for a choice keeps what the consent gave, encrypted, until it is chosen.
const SESSIONS = `
alter table oauth_sessions
  add column method text not null default 'oauth2',
  add column platform_app_id uuid,
  add column secrets_ciphertext text,
  add column grant_ciphertext text,
  add column key_version integer,
  add column accounts jsonb not null default '[]',
  add constraint oauth_sessions_secrets_check check (secrets_ciphertext ~ '^(vault|local):v'),
  add constraint oauth_sessions_grant_check check (grant_ciphertext ~ '^(vault|local):v'),
  add constraint oauth_sessions_platform_app_foreign
    foreign key (tenant_id, platform_app_id) references platform_apps (tenant_id, id)
    on delete cascade;
`

const DESTINATIONS = `
create table connection_destinations (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  connection_id uuid not null,
  remote_id text not null,
  kind text not null,
  name text not null,
  handle text,
  image_url text,
  can_post boolean not null,
  reason text,
  detail jsonb not null default '{}',
  position integer not null,
  fetched_at timestamptz not null default now(),
  constraint connection_destinations_tenant_id_id_unique unique (tenant_id, id),
  constraint connection_destinations_remote_unique
    unique (tenant_id, connection_id, kind, remote_id),
  constraint connection_destinations_connection_foreign
    foreign key (tenant_id, connection_id) references connections (tenant_id, id)
    on delete cascade
);
`

// Why a target that is due has not been sent: told to people, decides nothing.
const WAITING = `
alter table post_targets add column waiting_code text, add column waiting_since timestamptz;
`

const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['platform_apps', 'connection_destinations'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
    execute format('grant select, insert, update, delete on %I to clarion_app', t);
  end loop;
end
$$;
create trigger set_updated_at before update on platform_apps
  for each row execute function set_updated_at();
`

// The rewrap finds what is old, and a revocation who else lives by the same grant: ids alone.
const SYSTEM_ACCESS = `
grant select (method, platform_app_id, grantor_id, platform_account_id, last_validated_at)
  on connections to clarion_system;
grant select (key_version) on oauth_sessions to clarion_system;
create policy system_select on platform_apps for select to clarion_system using (true);
grant select (id, tenant_id, key_version) on platform_apps to clarion_system;
create policy system_select on app_registrations for select to clarion_system using (true);
grant select (id, tenant_id, key_version) on app_registrations to clarion_system;
`
