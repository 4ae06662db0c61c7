import { defineEntity, p } from '@mikro-orm/core'
import type { PartRole } from '../../domain/parts.ts'
import { PLATFORMS } from '../../domain/platforms.ts'
import { TARGET_STATUSES } from '../../domain/post-state.ts'
import { createdAt, id, instant, jsonObject, updatedAt } from './columns.ts'

/** A part that is out. */
export interface PublishedPart {
  part: number
  role: PartRole
  platform_post_id: string
  permalink: string | null
  metadata: Record<string, string>
  published_at: string
}

/** It is published, but not quite as asked. */
export interface TargetWarning {
  code: string
  message: string
}

const PostTargetSchema = defineEntity({
  name: 'PostTarget',
  tableName: 'post_targets',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    postId: p.uuid(),
    connectionId: p.uuid(),
    platform: p.enum(PLATFORMS),
    position: p.integer().default(0),
    /** Variant for this account; null means the post's own content. */
    content: p.text().nullable(),
    settings: jsonObject(),
    status: p.enum(TARGET_STATUSES).default('pending'),
    platformPostId: p.text().nullable(),
    permalink: p.text().nullable(),
    platformMetadata: jsonObject(),
    publishedAt: instant().nullable(),
    /** When what is at the platform was deleted there; the target keeps its state. */
    removedAt: instant().nullable(),
    /** What a queued target waits for, such as `vault_unavailable`. */
    waitingCode: p.text().nullable(),
    waitingSince: instant().nullable(),
    failureCode: p.text().nullable(),
    failureReason: p.text().nullable(),
    retryable: p.boolean().default(false),
    attemptCount: p.integer().default(0),
    /** Raised by a person's retry: a new round is a new publish intent. */
    publishRound: p.integer().default(1),
    /** Instant fixed at the first claim of a round, so that every try sends the same bytes. */
    frozenAt: instant().nullable(),
    /** Parts before this one are out or were left out. */
    nextPart: p.integer().default(0),
    /** Of targets with several parts: those that are out. */
    parts: p.json<PublishedPart[]>().defaultRaw(`'[]'`),
    warnings: p.json<TargetWarning[]>().defaultRaw(`'[]'`),
    nextAttemptAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'post_targets_by_connection_index',
      properties: ['tenantId', 'connectionId', 'status'],
    },
    {
      name: 'post_targets_published_index',
      properties: ['tenantId', 'connectionId', 'publishedAt'],
      where: 'published_at is not null',
    },
    { name: 'post_targets_platform_index', properties: ['tenantId', 'platform'] },
  ],
  uniques: [
    { name: 'post_targets_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'post_targets_connection_unique',
      properties: ['tenantId', 'postId', 'connectionId'],
    },
  ],
  checks: [
    {
      name: 'post_targets_published_check',
      expression: `status <> 'published' or (platform_post_id is not null and published_at is not null)`,
    },
    {
      name: 'post_targets_failed_check',
      expression: `status <> 'failed' or (failure_code is not null and failure_reason is not null)`,
    },
    {
      name: 'post_targets_removed_check',
      expression: `removed_at is null or platform_post_id is not null`,
    },
    {
      name: 'post_targets_x_length_check',
      expression: `platform <> 'x' or content is null or char_length(content) <= 25000`,
    },
    {
      name: 'post_targets_counters_check',
      expression: 'position >= 0 and attempt_count >= 0 and publish_round >= 1',
    },
    { name: 'post_targets_part_check', expression: 'next_part >= 0' },
  ],
  rowLevelSecurity: 'force',
})

export class PostTarget extends PostTargetSchema.class {}
PostTargetSchema.setClass(PostTarget)
