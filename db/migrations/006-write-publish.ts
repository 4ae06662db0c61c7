import { Migration } from '@mikro-orm/migrations'

/**
 * The two writes of every publish, each in one round trip with cached plans: hundreds of posts are
 * due at the same instant, and round trips and planning were most of what they cost.
 */
export class WritePublish extends Migration {
  override up(): void {
    this.addSql(writePublish())
  }

  override down(): void {
    this.addSql('drop function write_publish(uuid, uuid, bigint, jsonb)')
  }
}

/**
 * Decides nothing: domain code decided on the snapshot with `p_seq`, and this writes it if the post
 * has not moved since. Rights and walls are the caller's own (security invoker). `guard` is for later
 * migrations: statements that may answer a conflict.
 */
export function writePublish(guard = ''): string {
  return `
create or replace function write_publish(p_tenant uuid, p_post uuid, p_seq bigint, w jsonb)
returns jsonb
language plpgsql as $$
declare
  opened publish_attempts;
  opening uuid := (w->'open'->>'target_id')::uuid;
  target post_targets;
  changed post_targets;
  t record;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform 1 from posts
    where tenant_id = p_tenant and id = p_post and seq = p_seq and deleted_at is null for update;
  if not found then
    return '{"outcome": "conflict"}';
  end if;

${guard}  if w ? 'close' then
    update publish_attempts set status = 'published', finished_at = clock_timestamp(),
      platform_post_id = w->'close'->>'platform_post_id', confirmed_by = 'answer'
    where tenant_id = p_tenant and id = (w->'close'->>'id')::uuid and status = 'open';
    if not found then
      return '{"outcome": "conflict"}';
    end if;
  end if;

  for t in select * from jsonb_to_recordset(w->'targets') as n(id uuid, status text,
      failure_code text, failure_reason text, retryable boolean, platform_post_id text,
      permalink text, metadata jsonb) loop
    update post_targets g set status = t.status, failure_code = t.failure_code,
      failure_reason = t.failure_reason, retryable = t.retryable,
      platform_post_id = coalesce(t.platform_post_id, g.platform_post_id),
      permalink = coalesce(t.permalink, g.permalink),
      platform_metadata = coalesce(t.metadata, g.platform_metadata),
      published_at = case when t.status = 'published' then coalesce(g.published_at, now()) end,
      attempt_count = g.attempt_count + case when t.id = opening then 1 else 0 end,
      frozen_at = case when t.id = opening
        then coalesce(g.frozen_at, date_trunc('milliseconds', now())) else g.frozen_at end
    where tenant_id = p_tenant and id = t.id returning * into changed;
    if t.id = opening then
      target := changed;
    end if;
  end loop;

  if opening is not null then
    insert into publish_attempts (tenant_id, post_id, target_id, attempt_no, publish_round, revision,
      started_at, send_before, worker)
    values (p_tenant, p_post, target.id, target.attempt_count, target.publish_round,
      (w->'open'->>'revision')::int, clock_timestamp(), (w->'open'->>'send_before')::timestamptz,
      w->'open'->>'worker')
    returning * into opened;
  end if;

  update posts p set status = w->>'status', seq = p.seq + 1, attention_code = null,
    publish_started_at = case when w->>'status' = 'queued' and p.status <> 'queued'
      then now() else p.publish_started_at end,
    posted_at = case when w->>'status' in ('published', 'partially_published')
      then coalesce(p.posted_at, now()) else p.posted_at end,
    failure_code = null, failure_reason = null
  where tenant_id = p_tenant and id = p_post;

  insert into post_events (tenant_id, post_id, seq, type, detail)
  values (p_tenant, p_post, p_seq + 1, w->'event'->>'type', w->'event'->'detail');

  if w ? 'connection' then
    update connections set last_post_status = 'published', last_used_at = now(),
      last_validated_at = now(), post_count = post_count + 1
    where tenant_id = p_tenant and id = (w->>'connection')::uuid;
  end if;

  return jsonb_build_object('outcome', 'written', 'attempt_id', opened.id,
    'publish_round', target.publish_round,
    'frozen_at_ms', round(extract(epoch from target.frozen_at) * 1000));
end
$$;
`
}
