import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartRole, PartStep } from '../../domain/parts.ts'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'
import type { PublishedPart } from '../entities/post-target.ts'
import { type Checkpoint, type CheckpointRow, checkpointOf } from './publish-checkpoints.ts'

/** A file of the post and its words, in the order shown. */
export interface MediaUse {
  media_id: string
  alt_text?: string
}

/** Everything one publish or lookup of one target needs, in one read. Tokens are ciphertext. */
export interface PublishFacts {
  platform: Platform
  content: string
  /** The target's own; the account's are in `connection`. */
  settings: Record<string, unknown>
  media: MediaUse[]
  targetStatus: string
  round: number
  frozenAt: Date | null
  /** Parts before this one are out. */
  nextPart: number
  parts: PublishedPart[]
  /** What was prepared of the next part; null when nothing was kept. */
  checkpoint: Checkpoint | null
  /** What was out has been deleted at the platform. */
  isRemoved: boolean
  /** Something was noted that it waited for. */
  isWaiting: boolean
  connection: {
    id: string
    status: string
    isActive: boolean
    accountId: string
    accountHandle: string
    serviceUrl: string | null
    scopes: string[]
    metadata: Record<string, unknown>
    method: string
    /** Defaults for targets. */
    settings: Record<string, unknown>
    tokenType: string
    tokenVersion: number
    expiresAt: Date | null
    rateLimitedUntil: Date | null
  }
  tokens: { kind: string; ciphertext: string }[]
}

interface Row {
  platform: string
  content: string
  settings: Record<string, unknown>
  target_status: string
  publish_round: number
  frozen_at: string | Date | null
  next_part: number
  parts: PublishedPart[]
  is_removed: boolean
  checkpoint: CheckpointRow | null
  media: MediaUse[] | null
  is_waiting: boolean
  connection_id: string
  connection_status: string
  is_active: boolean
  platform_account_id: string | null
  account_handle: string | null
  service_url: string | null
  scopes: string[]
  metadata: Record<string, unknown>
  method: string
  connection_settings: Record<string, unknown>
  token_type: string | null
  token_version: number
  expires_at: string | Date | null
  rate_limited_until: string | Date | null
  tokens: { kind: string; ciphertext: string }[] | null
}

/** Without refresh tokens and passwords: a publish needs neither, so it never holds them. */
const LOAD = `
  select g.platform, coalesce(g.content, p.content) as content, g.settings,
    c.settings as connection_settings, g.status as target_status, g.publish_round, g.frozen_at,
    g.next_part, g.parts, g.removed_at is not null as is_removed,
    (select row_to_json(k) from publish_checkpoints k where k.tenant_id = g.tenant_id
      and k.target_id = g.id and k.part = g.next_part) as checkpoint,
    (select json_agg(json_strip_nulls(json_build_object('media_id', m.media_id, 'alt_text', m.alt_text))
        order by m.position)
      from post_media m where m.tenant_id = p.tenant_id and m.post_id = p.id
        and m.target_id is null and m.place = 'media') as media,
    g.waiting_code is not null as is_waiting, c.id as connection_id,
    c.status as connection_status, c.is_active, c.platform_account_id, c.account_handle,
    c.service_url, to_json(c.scopes) as scopes, c.metadata, c.method, c.token_type, c.token_version,
    c.expires_at, c.rate_limited_until,
    (select json_agg(json_build_object('kind', k.kind, 'ciphertext', k.ciphertext))
      from connection_tokens k where k.tenant_id = c.tenant_id and k.connection_id = c.id
        and k.kind not in ('refresh', 'app_password', 'user_access')) as tokens
  from post_targets g
    join posts p on p.tenant_id = g.tenant_id and p.id = g.post_id
    join connections c on c.tenant_id = g.tenant_id and c.id = g.connection_id
  where g.tenant_id = ? and g.id = ? and p.deleted_at is null`

/** Undefined when post, target or connection is gone. */
export async function loadForPublish(
  em: EntityManager,
  tenantId: string,
  targetId: string,
): Promise<PublishFacts | undefined> {
  const [row] = await em.execute<Row[]>(LOAD, [tenantId, targetId])
  return row === undefined ? undefined : toFacts(row)
}

/**
 * An attempt that may have reached the platform, with what a lookup needs to recognise its post.
 */
export interface UndecidedAttempt {
  id: string
  startedAt: Date
  sendBefore: Date
  /** Why the outcome is not known, such as a duplicate refusal. */
  failureCode: string | null
  step: PartStep
  /** What the platform answered when it took the post; null when the answer was lost. */
  accepted: Record<string, string> | null
  status: 'open' | 'unconfirmed'
  round: number
  /** Posts on the same account that the ledger knows to be others. */
  excludedPostIds: string[]
}

const UNDECIDED = `
  select a.id, a.started_at, a.send_before, a.failure_code, a.part, a.role, a.is_last, a.accepted,
    a.status, a.publish_round,
    (select json_agg(known.id) from post_targets g
      join post_targets o on o.tenant_id = g.tenant_id and o.connection_id = g.connection_id
        and o.platform_post_id is not null
        and coalesce(o.published_at, o.updated_at) > a.started_at - interval '1 day'
      cross join lateral (
        select o.platform_post_id as id
        union select p->>'platform_post_id' from jsonb_array_elements(o.parts) p) as known
      where g.tenant_id = a.tenant_id and g.id = a.target_id) as others
  from publish_attempts a
  where a.tenant_id = ? and a.target_id = ? and a.status in ('open', 'unconfirmed')`

/** The attempt of a target whose outcome is not known, if there is one. */
export async function undecidedAttempt(
  em: EntityManager,
  tenantId: string,
  targetId: string,
): Promise<UndecidedAttempt | undefined> {
  const [row] = await em.execute<
    {
      id: string
      started_at: string | Date
      send_before: string | Date
      failure_code: string | null
      part: number
      role: PartRole
      is_last: boolean
      accepted: Record<string, string> | null
      status: 'open' | 'unconfirmed'
      publish_round: number
      others: string[] | null
    }[]
  >(UNDECIDED, [tenantId, targetId])
  if (row === undefined) return undefined
  return {
    id: row.id,
    startedAt: new Date(row.started_at),
    sendBefore: new Date(row.send_before),
    failureCode: row.failure_code,
    step: { part: row.part, role: row.role, isLast: row.is_last },
    accepted: row.accepted,
    status: row.status,
    round: row.publish_round,
    excludedPostIds: row.others ?? [],
  }
}

function toFacts(row: Row): PublishFacts {
  const platform = parsePlatform(row.platform)
  if (platform === undefined) throw new Error(`post_targets holds unknown platform ${row.platform}`)
  return {
    platform,
    content: row.content,
    settings: row.settings,
    targetStatus: row.target_status,
    round: row.publish_round,
    frozenAt: toDate(row.frozen_at),
    nextPart: row.next_part,
    parts: row.parts,
    checkpoint: row.checkpoint && checkpointOf(row.checkpoint),
    isRemoved: row.is_removed,
    media: row.media ?? [],
    isWaiting: row.is_waiting,
    connection: {
      id: row.connection_id,
      status: row.connection_status,
      isActive: row.is_active,
      accountId: row.platform_account_id ?? '',
      accountHandle: row.account_handle ?? '',
      serviceUrl: row.service_url,
      scopes: row.scopes,
      metadata: row.metadata,
      method: row.method,
      settings: row.connection_settings,
      tokenType: row.token_type ?? 'bearer',
      tokenVersion: row.token_version,
      expiresAt: toDate(row.expires_at),
      rateLimitedUntil: toDate(row.rate_limited_until),
    },
    tokens: row.tokens ?? [],
  }
}

function toDate(value: string | Date | null): Date | null {
  return value === null ? null : new Date(value)
}
