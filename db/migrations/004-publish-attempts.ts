import { Migration } from '@mikro-orm/migrations'

/** The ledger that makes publishing happen at most once per target. */
export class PublishAttempts extends Migration {
  override up(): void {
    this.addSql(ATTEMPTS)
    this.addSql(WALL)
  }

  override down(): void {
    this.addSql('drop table publish_attempts')
  }
}

// publish_attempts_once_unique is promise 1: while one attempt may have reached the platform, a
// second one cannot be opened, whoever asks.
const ATTEMPTS = `
create table publish_attempts (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  post_id uuid not null,
  target_id uuid not null,
  attempt_no integer not null,
  publish_round integer not null default 1,
  revision integer not null,
  status text not null default 'open',
  started_at timestamptz not null default now(),
  send_before timestamptz not null,
  finished_at timestamptz,
  platform_post_id text,
  failure_kind text,
  failure_code text,
  failure_message text,
  http_status integer,
  confirmed_by text,
  worker text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint publish_attempts_tenant_id_id_unique unique (tenant_id, id),
  constraint publish_attempts_number_unique unique (tenant_id, target_id, attempt_no),
  constraint publish_attempts_status_check check (status in (
    'open', 'published', 'rejected', 'not_sent', 'unconfirmed', 'absent', 'not_published')),
  constraint publish_attempts_failure_kind_check check (failure_kind in (
    'rate_limited', 'transient', 'auth_expired', 'auth_revoked', 'rejected', 'outcome_unknown')),
  constraint publish_attempts_confirmed_by_check check (
    confirmed_by in ('answer', 'lookup', 'person')),
  constraint publish_attempts_open_check check ((status = 'open') = (finished_at is null)),
  constraint publish_attempts_published_check check (
    status <> 'published' or platform_post_id is not null),
  constraint publish_attempts_number_check check (attempt_no >= 1 and publish_round >= 1),
  constraint publish_attempts_post_foreign
    foreign key (tenant_id, post_id) references posts (tenant_id, id) on delete cascade,
  constraint publish_attempts_target_foreign
    foreign key (tenant_id, target_id) references post_targets (tenant_id, id) on delete cascade
);
create unique index publish_attempts_once_unique on publish_attempts (tenant_id, target_id)
  where status in ('open', 'unconfirmed', 'published');
create index publish_attempts_post_index on publish_attempts (tenant_id, post_id, started_at);
create index publish_attempts_undecided_index on publish_attempts (send_before)
  where status in ('open', 'unconfirmed');
create trigger set_updated_at before update on publish_attempts
  for each row execute function set_updated_at();
`

const WALL = `
alter table publish_attempts enable row level security;
alter table publish_attempts force row level security;
create policy tenant_wall on publish_attempts
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
grant select, insert, update on publish_attempts to clarion_app;

create policy system_select on publish_attempts for select to clarion_system using (true);
grant select (id, tenant_id, post_id, target_id, attempt_no, publish_round, revision, status,
  started_at, send_before, finished_at, confirmed_by, created_at, updated_at)
  on publish_attempts to clarion_system;
`
