import { Migration } from '@mikro-orm/migrations'

/**
 * Roles, tenants and the people in them. `clarion_app` serves one tenant at a time behind RLS;
 * `clarion_system` looks things up across tenants through narrow column grants.
 */
export class Tenants extends Migration {
  override up(): void {
    this.addSql(ROLES)
    this.addSql(FUNCTIONS)
    this.addSql(TABLES)
    this.addSql(WALLS)
    this.addSql(SYSTEM_ACCESS)
  }

  override down(): void {
    this.addSql('drop table api_keys, memberships, users, tenants')
    this.addSql('drop function set_updated_at()')
    // The roles stay: they belong to the cluster and other databases may use them.
    this.addSql('revoke usage on schema public from clarion_app, clarion_system')
  }
}

// Roles and memberships are cluster-wide: two databases may migrate at once, so "exists" is success.
// Granted even to the creator of the roles, who since PostgreSQL 16 may not SET ROLE otherwise; not
// inherited, or the policies of clarion_system would open every tenant to the owner.
const ROLES = `
do $$
declare
  wanted text;
begin
  foreach wanted in array array['clarion_app', 'clarion_system'] loop
    begin
      if to_regrole(wanted) is null then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then
      raise notice 'role % exists', wanted;
    end;
    begin
      execute format('grant %I to current_user %s', wanted, case
        when current_setting('server_version_num')::integer >= 160000
        then 'with inherit false, set true' else '' end);
    exception when unique_violation or internal_error then
      raise notice 'role % is being granted by another migration', wanted;
    end;
  end loop;
end
$$;
grant usage on schema public to clarion_app, clarion_system;
`

const FUNCTIONS = `
create function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
`

const TABLES = `
create table tenants (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null,
  allow_self_approval boolean not null default false,
  lateness_policy text not null default 'publish',
  max_lateness_seconds integer not null default 21600,
  timezone text not null default 'UTC',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tenants_slug_unique unique (slug),
  constraint tenants_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]*$'),
  constraint tenants_lateness_policy_check check (lateness_policy in ('publish', 'hold')),
  constraint tenants_max_lateness_seconds_check check (max_lateness_seconds >= 0)
);

create table users (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  external_id text,
  email text not null,
  display_name text not null,
  password_hash text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_tenant_id_id_unique unique (tenant_id, id)
);
create unique index users_external_id_unique on users (tenant_id, external_id)
  where external_id is not null;
create unique index users_email_unique on users (tenant_id, lower(email));
create index users_external_id_index on users (external_id);

create table memberships (
  tenant_id uuid not null references tenants (id),
  user_id uuid not null,
  role text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  constraint memberships_role_check check (role in ('staff', 'marketing', 'admin')),
  constraint memberships_user_foreign
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create table api_keys (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  user_id uuid not null,
  name text not null,
  prefix text not null,
  key_hash text not null,
  scopes text[] not null default '{}',
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint api_keys_tenant_id_id_unique unique (tenant_id, id),
  constraint api_keys_key_hash_unique unique (key_hash),
  constraint api_keys_user_foreign
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index api_keys_user_index on api_keys (tenant_id, user_id);
`

// The scalar subselect makes PostgreSQL read the setting once per statement, not once per row.
const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['users', 'memberships', 'api_keys'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
    execute format('grant select, insert, update, delete on %I to clarion_app', t);
  end loop;
  foreach t in array array['tenants', 'users', 'memberships', 'api_keys'] loop
    execute format(
      'create trigger set_updated_at before update on %I
       for each row execute function set_updated_at()', t);
  end loop;
end
$$;

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_wall on tenants
  using (id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
  with check (id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
grant select, update on tenants to clarion_app;
`

const SYSTEM_ACCESS = `
create policy system_select on tenants for select to clarion_system using (true);
create policy system_insert on tenants for insert to clarion_system with check (true);
grant select, insert on tenants to clarion_system;

create policy system_select on users for select to clarion_system using (true);
grant select on users to clarion_system;

create policy system_select on memberships for select to clarion_system using (true);
grant select on memberships to clarion_system;

create policy system_select on api_keys for select to clarion_system using (true);
create policy system_update on api_keys for update to clarion_system using (true);
grant select, update (last_used_at) on api_keys to clarion_system;
`
