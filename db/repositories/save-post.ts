import type { EntityManager } from '@mikro-orm/postgresql'
import { reasonFor } from '../../domain/failure-reasons.ts'
import type { PostState, TargetState } from '../../domain/post-state.ts'
import { dropCheckpoints } from './publish-checkpoints.ts'

/** A post within its tenant. */
export interface PostIds {
  tenantId: string
  postId: string
}

/** One line of the post's history; `from` and `to` are added by `savePost`. */
export interface PostEventRow {
  type: string
  actorId?: string | null
  detail?: Readonly<Record<string, unknown>>
  /** Makes a repeated write of the same decision visible, see `applyCommand`. */
  transitionId?: string
}

/** What a target's row gets besides its state, by target id. */
export interface TargetFacts {
  failureReason?: string
  platformPostId?: string
  permalink?: string | null
  metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a post that the caller holds by `lockPostState`, with its changed targets and one event.
 * Returns the state as it is in the row now (its `seq` is one higher).
 */
export async function savePost(
  em: EntityManager,
  ids: PostIds,
  before: PostState,
  after: PostState,
  event: PostEventRow,
  facts: Readonly<Record<string, TargetFacts>> = {},
): Promise<PostState> {
  const changed = after.targets.filter((target, index) => target !== before.targets[index])
  if (changed.length > 0) await saveTargets(em, ids, changed, facts)
  await dropCheckpoints(em, ids.tenantId, changed.filter(isOver))
  const saved = { ...after, seq: before.seq + 1 }
  await em.execute(SAVE_POST, [
    after.status,
    after.revision,
    saved.seq,
    after.scheduledAt === null ? null : new Date(after.scheduledAt),
    after.approvalStatus,
    attention(after),
    ids.tenantId,
    ids.postId,
    ids.tenantId,
    ids.postId,
    event.type,
    JSON.stringify({ from: before.status, to: after.status, ...event.detail }),
    event.actorId ?? null,
    event.transitionId ?? null,
  ])
  return saved
}

const SAVE_TARGETS = `
  update post_targets g set status = n.status, failure_code = n.failure_code,
    failure_reason = n.failure_reason, retryable = n.retryable,
    platform_post_id = coalesce(n.platform_post_id, g.platform_post_id),
    permalink = coalesce(n.permalink, g.permalink),
    platform_metadata = coalesce(n.metadata, g.platform_metadata),
    published_at = case when n.status = 'published' then coalesce(g.published_at, now()) end,
    -- A new round has a new idempotency key: a person asked for it after a known failure.
    publish_round = g.publish_round
      + case when g.status = 'failed' and n.status <> 'failed' then 1 else 0 end,
    frozen_at = case when g.status = 'failed' then null else g.frozen_at end
  from jsonb_to_recordset(?::jsonb) as n(id uuid, status text, failure_code text,
    failure_reason text, retryable boolean, platform_post_id text, permalink text, metadata jsonb)
  where g.tenant_id = ? and g.id = n.id`

const SAVE_POST = `
  with saved as (
    update posts p set status = n.status, revision = n.revision, seq = n.seq,
      scheduled_at = n.scheduled_at, approval_status = n.approval_status,
      attention_code = n.attention,
      publish_started_at = case when n.status = 'queued' and p.status <> 'queued'
        then now() else p.publish_started_at end,
      posted_at = case when n.status in ('published', 'partially_published')
        then coalesce(p.posted_at, now()) else p.posted_at end,
      failure_code = f.failure_code, failure_reason = f.failure_reason
    from (values (?, ?::int, ?::bigint, ?::timestamptz, ?, ?))
        as n(status, revision, seq, scheduled_at, approval_status, attention)
      left join lateral (
        select g.failure_code, g.failure_reason from post_targets g
        where g.tenant_id = ? and g.post_id = ? and g.status = 'failed'
          and n.status in ('failed', 'partially_published')
        order by g.position, g.id limit 1) f on true
    where p.tenant_id = ? and p.id = ?
    returning p.tenant_id, p.id, p.seq
  )
  insert into post_events (tenant_id, post_id, seq, type, detail, actor, transition_id)
  select s.tenant_id, s.id, s.seq, ?, ?::jsonb, ?, ? from saved s`

function saveTargets(
  em: EntityManager,
  ids: PostIds,
  targets: readonly TargetState[],
  facts: Readonly<Record<string, TargetFacts>>,
) {
  const rows = targets.map((target) => targetRow(target, facts[target.id] ?? {}))
  return em.execute(SAVE_TARGETS, [JSON.stringify(rows), ids.tenantId])
}

/** A retry is a new round, for which nothing that was prepared before is used. */
function isOver({ status }: TargetState): boolean {
  return status === 'published' || status === 'failed' || status === 'cancelled'
}

/** A target as `write_publish` and `savePost` take it. */
export function targetRow(target: TargetState, facts: TargetFacts) {
  const reason = target.failureCode === null ? null : reasonFor(target.failureCode)
  return {
    id: target.id,
    status: target.status,
    failure_code: target.failureCode,
    failure_reason: facts.failureReason ?? reason,
    retryable: target.retryable,
    platform_post_id: facts.platformPostId ?? null,
    permalink: facts.permalink ?? null,
    metadata: facts.metadata ?? null,
  }
}

/** Why a person should look at the post, shown in lists and as NeedsAttention in the Temporal UI. */
function attention(post: PostState): string | null {
  switch (post.status) {
    case 'unconfirmed':
    case 'failed':
    case 'partially_published':
      return post.status
    default:
      return null
  }
}
