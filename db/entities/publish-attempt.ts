import { defineEntity, p } from '@mikro-orm/core'
import { FAILURE_KINDS } from '../../domain/failures.ts'
import { PART_ROLES } from '../../domain/parts.ts'
import { createdAt, id, instant, updatedAt } from './columns.ts'

export const ATTEMPT_STATUSES = [
  'open',
  'published',
  'rejected',
  'not_sent',
  'unconfirmed',
  'absent',
  'not_published',
] as const
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number]

export const CONFIRMED_BY = ['answer', 'lookup', 'person'] as const

const PublishAttemptSchema = defineEntity({
  name: 'PublishAttempt',
  tableName: 'publish_attempts',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    postId: p.uuid(),
    targetId: p.uuid(),
    attemptNo: p.integer(),
    publishRound: p.integer().default(1),
    revision: p.integer(),
    /** Counts from 0, the post itself; further parts are replies, additions and comments. */
    part: p.integer().default(0),
    role: p.enum(PART_ROLES).default('post'),
    isLast: p.boolean().default(true),
    /** What the platform answered when it took the post and was still working on it. */
    accepted: p.json<Record<string, string>>().nullable(),
    status: p.enum(ATTEMPT_STATUSES).default('open'),
    startedAt: instant().defaultRaw('now()'),
    /** No byte of this attempt leaves after this instant. */
    sendBefore: instant(),
    finishedAt: instant().nullable(),
    platformPostId: p.text().nullable(),
    failureKind: p.enum(FAILURE_KINDS).nullable(),
    failureCode: p.text().nullable(),
    failureMessage: p.text().nullable(),
    httpStatus: p.integer().nullable(),
    confirmedBy: p.enum(CONFIRMED_BY).nullable(),
    worker: p.text().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'publish_attempts_post_index',
      properties: ['tenantId', 'postId', 'startedAt'],
    },
    {
      name: 'publish_attempts_undecided_index',
      properties: 'sendBefore',
      where: `status in ('open', 'unconfirmed')`,
    },
  ],
  uniques: [
    { name: 'publish_attempts_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'publish_attempts_number_unique',
      properties: ['tenantId', 'targetId', 'attemptNo'],
    },
    {
      name: 'publish_attempts_once_unique',
      properties: ['tenantId', 'targetId', 'part'],
      where: `status in ('open', 'unconfirmed', 'published')`,
    },
    {
      name: 'publish_attempts_undecided_unique',
      properties: ['tenantId', 'targetId'],
      where: `status in ('open', 'unconfirmed')`,
    },
  ],
  checks: [
    {
      name: 'publish_attempts_open_check',
      expression: `(status = 'open') = (finished_at is null)`,
    },
    {
      name: 'publish_attempts_published_check',
      expression: `status <> 'published' or platform_post_id is not null`,
    },
    {
      name: 'publish_attempts_number_check',
      expression: 'attempt_no >= 1 and publish_round >= 1',
    },
    {
      name: 'publish_attempts_part_check',
      expression: `part >= 0 and (part = 0) = (role = 'post')`,
    },
  ],
  rowLevelSecurity: 'force',
})

export class PublishAttempt extends PublishAttemptSchema.class {}
PublishAttemptSchema.setClass(PublishAttempt)
