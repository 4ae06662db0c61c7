import { Migration } from '@mikro-orm/migrations'

/** Endpoints of tenants, what they are told, and how each delivery went. */
export class Webhooks extends Migration {
  override up(): void {
    this.addSql(TABLES)
    this.addSql(WALLS)
    this.addSql(SYSTEM_ACCESS)
    this.addSql(FUNCTIONS)
    this.addSql(POSTS)
  }

  override down(): void {
    this.addSql(`
drop trigger announce_new_post on posts;
drop trigger announce_post on posts;
drop function announce_post();
drop function announce_connection(uuid, uuid, text, jsonb);
drop function announce_webhook(uuid, text, jsonb);
drop function webhook_wanted(uuid, text);
drop function webhook_instant(timestamptz);
drop table webhook_deliveries, webhook_events, webhook_endpoints;
`)
  }
}

// Two secrets sign during a rotation; both were sealed for the same field, because the API can seal
// and not open. An event gets its `seq` when it is handed out: a counter taken by every publish would
// let all publishes of a tenant wait for each other.
const TABLES = `
create table webhook_endpoints (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  url text not null,
  description text,
  events text[] not null default '{}',
  is_active boolean not null default true,
  secret_ciphertext text not null,
  previous_secret_ciphertext text,
  previous_secret_expires_at timestamptz,
  key_version integer not null,
  consecutive_failures integer not null default 0,
  failing_since timestamptz,
  last_delivered_at timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  revision integer not null default 1,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_endpoints_tenant_id_id_unique unique (tenant_id, id),
  constraint webhook_endpoints_url_check check (url ~ '^(http|https)://'),
  constraint webhook_endpoints_ciphertext_check check (
    secret_ciphertext ~ '^(vault|local):v' and previous_secret_ciphertext ~ '^(vault|local):v'),
  constraint webhook_endpoints_previous_check check (
    (previous_secret_ciphertext is null) = (previous_secret_expires_at is null)),
  constraint webhook_endpoints_key_version_check check (key_version >= 1),
  constraint webhook_endpoints_failures_check check (
    consecutive_failures >= 0 and (consecutive_failures = 0) = (failing_since is null)),
  constraint webhook_endpoints_disabled_reason_check check (
    disabled_reason in ('paused', 'gone', 'failing')),
  constraint webhook_endpoints_disabled_check check (
    is_active = (disabled_at is null) and is_active = (disabled_reason is null)),
  constraint webhook_endpoints_created_by_foreign
    foreign key (tenant_id, created_by) references users (tenant_id, id),
  constraint webhook_endpoints_updated_by_foreign
    foreign key (tenant_id, updated_by) references users (tenant_id, id)
);
create index webhook_endpoints_active_index on webhook_endpoints (tenant_id) where is_active;
create index webhook_endpoints_key_version_index on webhook_endpoints (key_version);

create table webhook_events (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  type text not null,
  occurred_at timestamptz not null default clock_timestamp(),
  data jsonb not null default '{}',
  seq bigint,
  constraint webhook_events_tenant_id_id_unique unique (tenant_id, id),
  constraint webhook_events_seq_unique unique (tenant_id, seq)
);
create index webhook_events_new_index on webhook_events (tenant_id, occurred_at)
  where seq is null;
create index webhook_events_occurred_index on webhook_events (occurred_at);

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  event_id uuid not null,
  endpoint_id uuid not null,
  state text not null default 'pending',
  attempts integer not null default 0,
  failed_attempts integer not null default 0,
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_status integer,
  last_duration_ms integer,
  last_error text,
  delivered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_deliveries_tenant_id_id_unique unique (tenant_id, id),
  constraint webhook_deliveries_event_unique unique (tenant_id, event_id, endpoint_id),
  constraint webhook_deliveries_state_check check (state in ('pending', 'delivered', 'failed')),
  constraint webhook_deliveries_attempts_check check (attempts >= 0 and failed_attempts >= 0),
  constraint webhook_deliveries_pending_check check (
    (state = 'pending') = (next_attempt_at is not null)),
  constraint webhook_deliveries_delivered_check check (
    state <> 'delivered' or delivered_at is not null),
  constraint webhook_deliveries_event_foreign
    foreign key (tenant_id, event_id) references webhook_events (tenant_id, id) on delete cascade,
  constraint webhook_deliveries_endpoint_foreign
    foreign key (tenant_id, endpoint_id) references webhook_endpoints (tenant_id, id)
    on delete cascade
);
create index webhook_deliveries_due_index on webhook_deliveries (endpoint_id, next_attempt_at)
  where state = 'pending';
create index webhook_deliveries_list_index
  on webhook_deliveries (tenant_id, endpoint_id, created_at);
`

const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['webhook_endpoints', 'webhook_events', 'webhook_deliveries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
  end loop;
end
$$;
grant select, insert, update, delete on webhook_endpoints, webhook_deliveries to clarion_app;
-- What was told is told: only its number is written later.
grant select, insert, update (seq) on webhook_events to clarion_app;
create trigger set_updated_at before update on webhook_endpoints
  for each row execute function set_updated_at();
create trigger set_updated_at before update on webhook_deliveries
  for each row execute function set_updated_at();
`

// The sender finds and leases what is due by ids alone: payloads, addresses and secrets are read
// behind the wall of their tenant.
const SYSTEM_ACCESS = `
create policy system_select on webhook_endpoints for select to clarion_system using (true);
grant select (id, tenant_id, is_active, consecutive_failures, key_version)
  on webhook_endpoints to clarion_system;

create policy system_select on webhook_events for select to clarion_system using (true);
create policy system_delete on webhook_events for delete to clarion_system
  using (occurred_at < now() - interval '30 days');
grant select (id, tenant_id, seq, occurred_at), delete on webhook_events to clarion_system;

create policy system_select on webhook_deliveries for select to clarion_system using (true);
create policy system_update on webhook_deliveries for update to clarion_system using (true);
grant select (id, tenant_id, event_id, endpoint_id, state, attempts, next_attempt_at),
  update (attempts, next_attempt_at, updated_at)
  on webhook_deliveries to clarion_system;
`

const FUNCTIONS = `
create function webhook_instant(at timestamptz) returns text
language sql stable as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

create function webhook_wanted(p_tenant uuid, p_type text) returns boolean
language sql stable as $$
  select exists (select 1 from webhook_endpoints
    where tenant_id = p_tenant and is_active and (events = '{}' or p_type = any(events)))
$$;

create function announce_webhook(p_tenant uuid, p_type text, p_data jsonb) returns void
language sql as $$
  insert into webhook_events (tenant_id, type, data)
  select p_tenant, p_type, p_data where webhook_wanted(p_tenant, p_type)
$$;

create function announce_connection(p_tenant uuid, p_connection uuid, p_type text, p_extra jsonb)
returns void language plpgsql as $$
begin
  if not webhook_wanted(p_tenant, p_type) then
    return;
  end if;
  insert into webhook_events (tenant_id, type, data)
  select tenant_id, p_type, jsonb_build_object(
      'connection_id', id,
      'platform', platform,
      'account_handle', account_handle,
      'status', status,
      'reason', case when p_type = 'connection.needs_reconnect' then jsonb_build_object(
        'code', last_error->>'code', 'message', last_error->>'message') end
    ) || p_extra
  from connections where tenant_id = p_tenant and id = p_connection;
end
$$;
`

// Several statements move posts, and more will: the row itself tells, so that none can forget it.
// Deferred, because a new post's targets are written after it.
const POSTS = `
create function announce_post() returns trigger language plpgsql as $$
declare
  t text;
  types text[] := '{}';
begin
  if new.approval_status is distinct from old.approval_status then
    types := types || case new.approval_status
      when 'pending' then array['post.approval_requested']
      when 'approved' then array['post.approved']
      when 'rejected' then array['post.rejected']
      else '{}'::text[] end;
  end if;
  if new.status is distinct from old.status
    or (new.status = 'scheduled' and new.scheduled_at is distinct from old.scheduled_at) then
    if new.status in ('scheduled', 'published', 'partially_published', 'failed', 'unconfirmed',
      'cancelled') then
      types := types || array['post.' || new.status];
    end if;
  end if;
  foreach t in array types loop
    if webhook_wanted(new.tenant_id, t) then
      insert into webhook_events (tenant_id, type, data)
      values (new.tenant_id, t, jsonb_build_object(
        'post_id', new.id,
        'external_id', new.external_id,
        'status', new.status,
        'approval_status', new.approval_status,
        'revision', new.revision,
        'scheduled_at', webhook_instant(new.scheduled_at),
        'posted_at', webhook_instant(new.posted_at),
        'failure_code', new.failure_code,
        'failure_reason', new.failure_reason,
        'targets', coalesce((select jsonb_agg(jsonb_build_object(
            'target_id', g.id,
            'connection_id', g.connection_id,
            'platform', g.platform,
            'status', g.status,
            'platform_post_id', g.platform_post_id,
            'permalink', g.permalink,
            'failure_code', g.failure_code,
            'failure_reason', g.failure_reason) order by g.position, g.id)
          from post_targets g
          where g.tenant_id = new.tenant_id and g.post_id = new.id),
          '[]')));
    end if;
  end loop;
  return null;
end
$$;
create constraint trigger announce_new_post after insert on posts
  deferrable initially deferred for each row
  when (new.status <> 'draft' or new.approval_status is not null)
  execute function announce_post();
create constraint trigger announce_post after update on posts
  deferrable initially deferred for each row
  when (new.status is distinct from old.status
    or new.approval_status is distinct from old.approval_status
    or new.scheduled_at is distinct from old.scheduled_at)
  execute function announce_post();
`
