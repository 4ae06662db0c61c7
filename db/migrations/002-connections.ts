import { Migration } from '@mikro-orm/migrations'

/** Connected accounts, their encrypted tokens, and the consent flows that create them. */
export class Connections extends Migration {
  override up(): void {
    this.addSql(CONNECTIONS)
    this.addSql(TOKENS)
    this.addSql(CONSENT)
    this.addSql(EVENTS)
    this.addSql(WALLS)
    this.addSql(SYSTEM_ACCESS)
  }

  override down(): void {
    this.addSql(
      'drop table connection_events, oauth_sessions, app_registrations, connection_tokens, connections',
    )
  }
}

const CONNECTIONS = `
create table connections (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  user_id uuid not null,
  platform text not null,
  status text not null default 'pending',
  platform_account_id text,
  account_handle text,
  display_name text,
  profile_image_url text,
  account_kind text,
  parent_account_id text,
  service_url text,
  name text,
  notes text,
  settings jsonb not null default '{}',
  metadata jsonb not null default '{}',
  is_active boolean not null default true,
  is_default boolean not null default false,
  is_authenticated boolean not null default false,
  scopes text[] not null default '{}',
  missing_scopes text[] not null default '{}',
  token_type text,
  token_version integer not null default 0,
  issued_at timestamptz,
  expires_at timestamptz,
  refresh_expires_at timestamptz,
  next_refresh_at timestamptz,
  refresh_started_at timestamptz,
  refresh_failures integer not null default 0,
  refresh_refusals integer not null default 0,
  last_error jsonb,
  connected_at timestamptz,
  last_validated_at timestamptz,
  last_used_at timestamptz,
  last_token_refresh_at timestamptz,
  last_sync_at timestamptz,
  sync_frequency_minutes integer not null default 60,
  post_count integer not null default 0,
  last_post_status text,
  api_calls_used integer not null default 0,
  api_calls_reset_at timestamptz,
  rate_limit_tier text,
  rate_limited_until timestamptz,
  seq bigint not null default 0,
  revision integer not null default 1,
  disconnected_at timestamptz,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint connections_tenant_id_id_unique unique (tenant_id, id),
  constraint connections_platform_check check (platform in (
    'x', 'instagram', 'facebook', 'linkedin', 'tiktok', 'youtube', 'threads', 'pinterest',
    'bluesky', 'mastodon', 'google_business', 'reddit')),
  constraint connections_status_check check (status in (
    'pending', 'active', 'expired', 'revoked', 'error', 'disconnected')),
  constraint connections_active_check check (
    status <> 'active'
    or (platform_account_id is not null and connected_at is not null and is_authenticated)),
  constraint connections_disconnected_check check (
    (status = 'disconnected') = (disconnected_at is not null)),
  constraint connections_sync_frequency_minutes_check check (sync_frequency_minutes >= 15),
  constraint connections_counters_check check (
    token_version >= 0 and refresh_failures >= 0 and post_count >= 0 and api_calls_used >= 0),
  constraint connections_user_foreign
    foreign key (tenant_id, user_id) references users (tenant_id, id),
  constraint connections_created_by_foreign
    foreign key (tenant_id, created_by) references users (tenant_id, id),
  constraint connections_updated_by_foreign
    foreign key (tenant_id, updated_by) references users (tenant_id, id)
);
create unique index connections_account_unique
  on connections (tenant_id, platform, platform_account_id) where disconnected_at is null;
create unique index connections_default_unique
  on connections (tenant_id, platform) where is_default and disconnected_at is null;
create index connections_tenant_index on connections (tenant_id);
create index connections_active_index on connections (tenant_id, is_active);
create index connections_created_index on connections (tenant_id, created_at desc, id);
create index connections_user_index on connections (tenant_id, user_id);
create index connections_expires_index on connections (expires_at) where status = 'active';
`

// A ciphertext names its cipher and key version: plaintext pasted here by mistake is refused.
const TOKENS = `
create table connection_tokens (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  connection_id uuid not null,
  kind text not null,
  ciphertext text not null,
  key_version integer not null,
  token_version integer not null default 0,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint connection_tokens_tenant_id_id_unique unique (tenant_id, id),
  constraint connection_tokens_kind_unique unique (tenant_id, connection_id, kind),
  constraint connection_tokens_kind_check check (kind ~ '^[a-z][a-z0-9_]*$'),
  constraint connection_tokens_ciphertext_check check (
    ciphertext ~ '^(vault|local):v'),
  constraint connection_tokens_key_version_check check (key_version >= 1),
  constraint connection_tokens_connection_foreign
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
create index connection_tokens_key_version_index on connection_tokens (key_version);
`

const CONSENT = `
create table app_registrations (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  platform text not null,
  service_url text not null,
  client_id text not null,
  client_secret_ciphertext text not null,
  key_version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint app_registrations_tenant_id_id_unique unique (tenant_id, id),
  constraint app_registrations_service_unique unique (tenant_id, platform, service_url),
  constraint app_registrations_platform_check check (platform in (
    'x', 'instagram', 'facebook', 'linkedin', 'tiktok', 'youtube', 'threads', 'pinterest',
    'bluesky', 'mastodon', 'google_business', 'reddit')),
  constraint app_registrations_ciphertext_check check (
    client_secret_ciphertext ~ '^(vault|local):v'),
  constraint app_registrations_key_version_check check (key_version >= 1)
);

create table oauth_sessions (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  user_id uuid not null,
  platform text not null,
  state_hash text not null,
  code_verifier_ciphertext text,
  redirect_uri text not null,
  redirect_after text,
  requested_scopes text[] not null default '{}',
  service_url text,
  reconnect_connection_id uuid,
  connection_ids uuid[] not null default '{}',
  status text not null default 'pending',
  expires_at timestamptz not null,
  used_at timestamptz,
  error_code text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint oauth_sessions_tenant_id_id_unique unique (tenant_id, id),
  constraint oauth_sessions_state_hash_unique unique (state_hash),
  constraint oauth_sessions_platform_check check (platform in (
    'x', 'instagram', 'facebook', 'linkedin', 'tiktok', 'youtube', 'threads', 'pinterest',
    'bluesky', 'mastodon', 'google_business', 'reddit')),
  constraint oauth_sessions_status_check check (status in ('pending', 'used', 'failed')),
  constraint oauth_sessions_used_check check ((status = 'pending') = (used_at is null)),
  constraint oauth_sessions_ciphertext_check check (
    code_verifier_ciphertext ~ '^(vault|local):v'),
  constraint oauth_sessions_user_foreign
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint oauth_sessions_reconnect_foreign
    foreign key (tenant_id, reconnect_connection_id) references connections (tenant_id, id)
    on delete cascade
);
create index oauth_sessions_expires_index on oauth_sessions (expires_at);
`

const EVENTS = `
create table connection_events (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  connection_id uuid not null,
  seq bigint not null,
  type text not null,
  detail jsonb not null default '{}',
  actor_id text,
  at timestamptz not null default now(),
  constraint connection_events_tenant_id_id_unique unique (tenant_id, id),
  constraint connection_events_seq_unique unique (tenant_id, connection_id, seq),
  constraint connection_events_connection_foreign
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
`

const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['connections', 'connection_tokens', 'app_registrations',
                           'oauth_sessions', 'connection_events'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
    if t = 'connection_events' then
      execute format('grant select, insert on %I to clarion_app', t);
    else
      execute format('grant select, insert, update, delete on %I to clarion_app', t);
      execute format(
        'create trigger set_updated_at before update on %I
         for each row execute function set_updated_at()', t);
    end if;
  end loop;
end
$$;
`

// Ids, states and instants only: the sweep and the rewrap find rows, then act inside the tenant.
const SYSTEM_ACCESS = `
create policy system_select on connections for select to clarion_system using (true);
grant select (id, tenant_id, platform, status, is_active, expires_at, refresh_expires_at,
  next_refresh_at, refresh_failures, last_token_refresh_at, token_version, seq, revision,
  disconnected_at, created_at, updated_at) on connections to clarion_system;

create policy system_select on connection_tokens for select to clarion_system using (true);
grant select (id, tenant_id, connection_id, kind, key_version, token_version)
  on connection_tokens to clarion_system;

create policy system_select on oauth_sessions for select to clarion_system using (true);
create policy system_delete on oauth_sessions for delete to clarion_system
  using (expires_at < now());
grant select (id, tenant_id, platform, state_hash, status, expires_at), delete
  on oauth_sessions to clarion_system;
`
