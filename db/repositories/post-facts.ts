import type { EntityManager } from '@mikro-orm/postgresql'
import { parsePlatform } from '../../domain/platforms.ts'
import type { PostState, TargetState } from '../../domain/post-state.ts'
import { prepareLeadMs } from '../../domain/prepare-lead.ts'

interface FactsRow {
  status: PostState['status']
  revision: number
  seq: string
  scheduled_at_ms: string | null
  approval_required: boolean
  approval_status: PostState['approvalStatus']
  created_by: string | null
  allow_self_approval: boolean
  lateness_policy: PostState['latenessPolicy']
  max_lateness_seconds: number
  media_bytes: string | null
  has_video: boolean | null
  targets: TargetRow[] | null
}

interface TargetRow {
  id: string
  connection_id: string
  platform: string
  status: TargetState['status']
  failure_code: string | null
  retryable: boolean
}

const FACTS = `
  select p.status, p.revision, p.seq, p.approval_required, p.approval_status, p.created_by,
    round(extract(epoch from p.scheduled_at) * 1000) as scheduled_at_ms,
    t.allow_self_approval, t.max_lateness_seconds,
    coalesce(p.lateness_policy, t.lateness_policy) as lateness_policy, m.media_bytes, m.has_video,
    (select json_agg(json_build_object('id', g.id, 'connection_id', g.connection_id,
        'platform', g.platform, 'status', g.status, 'failure_code', g.failure_code,
        'retryable', g.retryable) order by g.position, g.id)
      from post_targets g where g.tenant_id = p.tenant_id and g.post_id = p.id) as targets
  from posts p join tenants t on t.id = p.tenant_id
    cross join lateral (
      select sum(a.bytes) as media_bytes, bool_or(a.kind = 'video') as has_video
      from post_media u join media_assets a on a.tenant_id = u.tenant_id and a.id = u.media_id
      where u.tenant_id = p.tenant_id and u.post_id = p.id) as m
  where p.tenant_id = ? and p.id = ? and p.deleted_at is null`

/** What decisions need to know of a post; undefined when it is not there (or another tenant's). */
export function loadPostState(
  em: EntityManager,
  tenantId: string,
  postId: string,
): Promise<PostState | undefined> {
  return read(em, FACTS, tenantId, postId)
}

/** The same, holding the post's row until the transaction ends: writers of a post queue here. */
export async function lockPostState(
  em: EntityManager,
  tenantId: string,
  postId: string,
): Promise<PostState | undefined> {
  // Locked first: a statement that waited for the lock would still see the targets as they were.
  const sql = 'select id from posts where tenant_id = ? and id = ? for update'
  await em.execute(sql, [tenantId, postId])
  return read(em, FACTS, tenantId, postId)
}

async function read(em: EntityManager, sql: string, tenantId: string, postId: string) {
  const [row] = await em.execute<FactsRow[]>(sql, [tenantId, postId])
  return row === undefined ? undefined : toState(row)
}

function toState(row: FactsRow): PostState {
  return {
    status: row.status,
    revision: Number(row.revision),
    seq: Number(row.seq),
    scheduledAt: row.scheduled_at_ms === null ? null : Number(row.scheduled_at_ms),
    approvalRequired: row.approval_required,
    approvalStatus: row.approval_status,
    authorId: row.created_by,
    allowSelfApproval: row.allow_self_approval,
    latenessPolicy: row.lateness_policy,
    maxLatenessMs: row.max_lateness_seconds * 1000,
    ...prepareOf(row),
    targets: (row.targets ?? []).map(toTarget),
  }
}

function prepareOf({ media_bytes, has_video }: FactsRow): Pick<PostState, 'prepareMs'> {
  if (media_bytes === null) return {}
  return { prepareMs: prepareLeadMs({ bytes: Number(media_bytes), hasVideo: has_video ?? false }) }
}

function toTarget(row: TargetRow): TargetState {
  const platform = parsePlatform(row.platform)
  if (platform === undefined) throw new Error(`post_targets holds unknown platform ${row.platform}`)
  return {
    id: row.id,
    connectionId: row.connection_id,
    platform,
    status: row.status,
    failureCode: row.failure_code,
    retryable: row.retryable,
  }
}
