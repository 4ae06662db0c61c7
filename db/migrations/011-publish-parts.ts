import { Migration } from '@mikro-orm/migrations'

/** Threads, first comments and uploads: a target is published in parts, each with its own attempt. */
export class PublishParts extends Migration {
  override up(): void {
    this.addSql(ATTEMPTS)
    this.addSql(TARGETS)
    this.addSql(CHECKPOINTS)
    this.addSql(WALL)
  }

  override down(): void {
    // FORCE hides every row from an owner who is no superuser.
    this.addSql(`
drop table publish_checkpoints;
drop index post_targets_published_index;
alter table post_targets no force row level security;
update post_targets set removed_at = null where status <> 'published';
alter table post_targets force row level security, drop column next_part, drop column parts,
  drop column warnings,
  drop constraint post_targets_removed_check,
  add constraint post_targets_removed_check check (
    removed_at is null or status = 'published');
drop index publish_attempts_undecided_unique;
drop index publish_attempts_once_unique;
alter table publish_attempts no force row level security;
delete from publish_attempts where part > 0;
alter table publish_attempts force row level security, drop column part, drop column role,
  drop column is_last, drop column accepted;
create unique index publish_attempts_once_unique on publish_attempts (tenant_id, target_id)
  where status in ('open', 'unconfirmed', 'published');
`)
  }
}

// Promise 1, for each part: while one attempt at it may have reached the platform, a second one
// cannot be opened; and no part is begun while the outcome of another is open.
const ATTEMPTS = `
alter table publish_attempts
  add column part integer not null default 0,
  add column role text not null default 'post',
  add column is_last boolean not null default true,
  add column accepted jsonb,
  add constraint publish_attempts_role_check check (role in ('post', 'extra', 'reply', 'comment')),
  add constraint publish_attempts_part_check check (part >= 0 and (part = 0) = (role = 'post'));
drop index publish_attempts_once_unique;
create unique index publish_attempts_once_unique on publish_attempts (tenant_id, target_id, part)
  where status in ('open', 'unconfirmed', 'published');
create unique index publish_attempts_undecided_unique on publish_attempts (tenant_id, target_id)
  where status in ('open', 'unconfirmed');
grant select (part, role, is_last) on publish_attempts to clarion_system;
`

const TARGETS = `
alter table post_targets
  add column next_part integer not null default 0,
  add column parts jsonb not null default '[]',
  add column warnings jsonb not null default '[]',
  add constraint post_targets_part_check check (next_part >= 0),
  drop constraint post_targets_removed_check,
  add constraint post_targets_removed_check check (
    removed_at is null or platform_post_id is not null);
create index post_targets_published_index on post_targets (tenant_id, connection_id, published_at)
  where published_at is not null;
`

// What was uploaded or created for a part that is not out yet. Addresses that let their owner write
// are ciphertext.
const CHECKPOINTS = `
create table publish_checkpoints (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  target_id uuid not null,
  part integer not null,
  fingerprint text not null,
  state jsonb not null default '{}',
  secrets_ciphertext text,
  key_version integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint publish_checkpoints_tenant_id_id_unique unique (tenant_id, id),
  constraint publish_checkpoints_part_unique unique (tenant_id, target_id, part),
  constraint publish_checkpoints_part_check check (part >= 0),
  constraint publish_checkpoints_ciphertext_check check (secrets_ciphertext ~ '^(vault|local):v'),
  constraint publish_checkpoints_key_version_check check (
    key_version >= 1 and (key_version is null) = (secrets_ciphertext is null)),
  constraint publish_checkpoints_target_foreign
    foreign key (tenant_id, target_id) references post_targets (tenant_id, id) on delete cascade
);
create index publish_checkpoints_key_version_index on publish_checkpoints (key_version);
create trigger set_updated_at before update on publish_checkpoints
  for each row execute function set_updated_at();
`

const WALL = `
alter table publish_checkpoints enable row level security;
alter table publish_checkpoints force row level security;
create policy tenant_wall on publish_checkpoints
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
grant select, insert, update, delete on publish_checkpoints to clarion_app;

create policy system_select on publish_checkpoints for select to clarion_system using (true);
grant select (id, tenant_id, key_version) on publish_checkpoints to clarion_system;
`
