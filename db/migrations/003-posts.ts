import { Migration } from '@mikro-orm/migrations'

/** Posts and their targets; CHECKs and triggers mirror the state machine of the domain. */
export class Posts extends Migration {
  override up(): void {
    this.addSql(POSTS)
    this.addSql(TARGETS)
    this.addSql(TRANSITIONS)
    this.addSql(HISTORY)
    this.addSql(WALLS)
    this.addSql(SYSTEM_ACCESS)
  }

  override down(): void {
    this.addSql('drop table post_events, post_approvals, post_targets, posts')
    this.addSql('drop function refuse_target_transition()')
    this.addSql('drop function refuse_post_transition()')
  }
}

// `is not null and …`: a CHECK that evaluates to null passes, so null must compare as false.
const POSTS = `
create table posts (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  content text not null default '',
  status text not null default 'draft',
  approval_required boolean not null default false,
  approval_status text,
  scheduled_at timestamptz,
  timezone text not null default 'UTC',
  publish_started_at timestamptz,
  posted_at timestamptz,
  failure_code text,
  failure_reason text,
  campaign text,
  notes text,
  external_id text,
  owner_id uuid,
  created_by uuid not null,
  updated_by uuid,
  lateness_policy text,
  revision integer not null default 1,
  seq bigint not null default 0,
  attention_code text,
  media jsonb not null default '[]',
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint posts_tenant_id_id_unique unique (tenant_id, id),
  constraint posts_status_check check (status in (
    'draft', 'scheduled', 'queued', 'published', 'partially_published', 'unconfirmed', 'failed',
    'cancelled')),
  constraint posts_approval_status_check check (
    approval_status in ('pending', 'approved', 'rejected')),
  constraint posts_lateness_policy_check check (lateness_policy in ('publish', 'hold')),
  constraint posts_scheduled_check check (status <> 'scheduled' or scheduled_at is not null),
  constraint posts_published_check check (status <> 'published' or posted_at is not null),
  constraint posts_failed_check check (
    status <> 'failed' or (failure_code is not null and failure_reason is not null)),
  constraint posts_approval_null_check check (
    approval_status is not null or not approval_required or status in ('draft', 'cancelled')),
  constraint posts_approval_given_check check (
    status <> 'queued' or not approval_required
    or (approval_status is not null and approval_status = 'approved')),
  constraint posts_revision_check check (revision >= 1 and seq >= 0),
  constraint posts_owner_foreign
    foreign key (tenant_id, owner_id) references users (tenant_id, id),
  constraint posts_created_by_foreign
    foreign key (tenant_id, created_by) references users (tenant_id, id),
  constraint posts_updated_by_foreign
    foreign key (tenant_id, updated_by) references users (tenant_id, id)
);
create unique index posts_external_id_unique on posts (tenant_id, external_id)
  where external_id is not null;
create index posts_due_index on posts (tenant_id, scheduled_at) where status = 'scheduled';
create index posts_status_index on posts (tenant_id, status, updated_at desc);
create index posts_created_index on posts (tenant_id, created_at desc, id);
create index posts_campaign_index on posts (tenant_id, campaign) where campaign is not null;
`

// X counts weighted characters, which SQL cannot: 25,000 (the longest post of any X tier) is a
// backstop behind the exact check of the connector.
const TARGETS = `
create table post_targets (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  post_id uuid not null,
  connection_id uuid not null,
  platform text not null,
  position integer not null default 0,
  content text,
  settings jsonb not null default '{}',
  status text not null default 'pending',
  platform_post_id text,
  permalink text,
  platform_metadata jsonb not null default '{}',
  published_at timestamptz,
  removed_at timestamptz,
  failure_code text,
  failure_reason text,
  retryable boolean not null default false,
  attempt_count integer not null default 0,
  publish_round integer not null default 1,
  frozen_at timestamptz,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint post_targets_tenant_id_id_unique unique (tenant_id, id),
  constraint post_targets_connection_unique unique (tenant_id, post_id, connection_id),
  constraint post_targets_platform_check check (platform in (
    'x', 'instagram', 'facebook', 'linkedin', 'tiktok', 'youtube', 'threads', 'pinterest',
    'bluesky', 'mastodon', 'google_business', 'reddit')),
  constraint post_targets_status_check check (status in (
    'pending', 'queued', 'publishing', 'published', 'unconfirmed', 'failed', 'cancelled')),
  constraint post_targets_published_check check (
    status <> 'published' or (platform_post_id is not null and published_at is not null)),
  constraint post_targets_failed_check check (
    status <> 'failed' or (failure_code is not null and failure_reason is not null)),
  constraint post_targets_removed_check check (removed_at is null or status = 'published'),
  constraint post_targets_x_length_check check (
    platform <> 'x' or content is null or char_length(content) <= 25000),
  constraint post_targets_counters_check check (
    position >= 0 and attempt_count >= 0 and publish_round >= 1),
  constraint post_targets_post_foreign
    foreign key (tenant_id, post_id) references posts (tenant_id, id) on delete cascade,
  constraint post_targets_connection_foreign
    foreign key (tenant_id, connection_id) references connections (tenant_id, id)
);
create index post_targets_by_connection_index on post_targets (tenant_id, connection_id, status);
create index post_targets_platform_index on post_targets (tenant_id, platform);
`

const TRANSITIONS = `
create function refuse_post_transition() returns trigger language plpgsql as $$
begin
  if old.status = new.status or (old.status, new.status) in (
    ('draft', 'scheduled'), ('draft', 'queued'), ('draft', 'cancelled'),
    ('scheduled', 'draft'), ('scheduled', 'queued'), ('scheduled', 'failed'),
    ('scheduled', 'cancelled'), ('scheduled', 'partially_published'),
    ('queued', 'published'), ('queued', 'partially_published'), ('queued', 'failed'),
    ('queued', 'unconfirmed'),
    ('failed', 'queued'), ('failed', 'scheduled'), ('failed', 'cancelled'),
    ('partially_published', 'queued'), ('partially_published', 'scheduled'),
    ('unconfirmed', 'published'), ('unconfirmed', 'partially_published'), ('unconfirmed', 'failed'),
    ('unconfirmed', 'queued')
  ) then
    return new;
  end if;
  raise exception 'a post does not go from % to %', old.status, new.status
    using errcode = 'check_violation', constraint = 'posts_status_transition', table = 'posts';
end
$$;
create trigger refuse_transition before update of status on posts
  for each row execute function refuse_post_transition();

create function refuse_target_transition() returns trigger language plpgsql as $$
begin
  if old.status = 'published' and new.status <> 'published' then
    raise exception 'a published target stays published, not %', new.status
      using errcode = 'check_violation', constraint = 'post_targets_status_transition',
        table = 'post_targets';
  end if;
  return new;
end
$$;
create trigger refuse_transition before update of status on post_targets
  for each row execute function refuse_target_transition();
`

const HISTORY = `
create table post_approvals (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  post_id uuid not null,
  revision integer not null,
  decision text not null,
  by_user_id uuid,
  actor text not null,
  comment text,
  effective boolean not null default false,
  at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint post_approvals_tenant_id_id_unique unique (tenant_id, id),
  constraint post_approvals_decision_check check (
    decision in ('requested', 'approved', 'rejected', 'reset')),
  constraint post_approvals_post_foreign
    foreign key (tenant_id, post_id) references posts (tenant_id, id) on delete cascade,
  constraint post_approvals_user_foreign
    foreign key (tenant_id, by_user_id) references users (tenant_id, id)
);
create index post_approvals_post_index on post_approvals (tenant_id, post_id, at);

create table post_events (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  post_id uuid not null,
  seq bigint not null,
  type text not null,
  detail jsonb not null default '{}',
  actor text,
  transition_id text,
  at timestamptz not null default now(),
  constraint post_events_tenant_id_id_unique unique (tenant_id, id),
  constraint post_events_seq_unique unique (tenant_id, post_id, seq),
  constraint post_events_post_foreign
    foreign key (tenant_id, post_id) references posts (tenant_id, id) on delete cascade
);
-- A decision that is written again after a lost answer finds itself here.
create unique index post_events_transition_unique
  on post_events (tenant_id, post_id, transition_id) where transition_id is not null;
`

const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['posts', 'post_targets', 'post_approvals', 'post_events'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
    if t = 'post_events' then
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

// The sweep compares rows with workflows by ids, states and instants; it never sees content.
const SYSTEM_ACCESS = `
create policy system_select on posts for select to clarion_system using (true);
grant select (id, tenant_id, status, approval_required, approval_status, scheduled_at,
  publish_started_at, posted_at, lateness_policy, revision, seq, attention_code, deleted_at,
  created_at, updated_at) on posts to clarion_system;

create policy system_select on post_targets for select to clarion_system using (true);
grant select (id, tenant_id, post_id, connection_id, platform, status, published_at, removed_at,
  attempt_count, publish_round, frozen_at, next_attempt_at, created_at, updated_at)
  on post_targets to clarion_system;
`
