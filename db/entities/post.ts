import { defineEntity, p } from '@mikro-orm/core'
import { APPROVAL_STATUSES, POST_STATUSES } from '../../domain/post-state.ts'
import { createdAt, id, instant, seq, updatedAt } from './columns.ts'
import { LATENESS_POLICIES } from './tenant.ts'

const PostSchema = defineEntity({
  name: 'Post',
  tableName: 'posts',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    content: p.text().default(''),
    status: p.enum(POST_STATUSES).default('draft'),
    approvalRequired: p.boolean().default(false),
    approvalStatus: p.enum(APPROVAL_STATUSES).nullable(),
    scheduledAt: instant().nullable(),
    timezone: p.text().default('UTC'),
    publishStartedAt: instant().nullable(),
    postedAt: instant().nullable(),
    failureCode: p.text().nullable(),
    failureReason: p.text().nullable(),
    campaign: p.text().nullable(),
    notes: p.text().nullable(),
    externalId: p.text().nullable(),
    ownerId: p.uuid().nullable(),
    createdBy: p.uuid(),
    updatedBy: p.uuid().nullable(),
    /** Overrides the tenant's policy. */
    latenessPolicy: p.enum(LATENESS_POLICIES).nullable(),
    /** Raised by every change a person makes; ETag, and what the commit compares. */
    revision: p.integer().default(1),
    /** Raised by every projection of the workflow. */
    seq: seq().defaultRaw('0'),
    /** Why a person should look, such as `held`. */
    attentionCode: p.text().nullable(),
    deletedAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'posts_due_index',
      properties: ['tenantId', 'scheduledAt'],
      where: `status = 'scheduled'`,
    },
    {
      name: 'posts_status_index',
      columns: [{ name: 'tenant_id' }, { name: 'status' }, { name: 'updated_at', sort: 'DESC' }],
    },
    {
      name: 'posts_created_index',
      columns: [{ name: 'tenant_id' }, { name: 'created_at', sort: 'DESC' }, { name: 'id' }],
    },
    {
      name: 'posts_campaign_index',
      properties: ['tenantId', 'campaign'],
      where: 'campaign is not null',
    },
  ],
  uniques: [
    { name: 'posts_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'posts_external_id_unique',
      properties: ['tenantId', 'externalId'],
      where: 'external_id is not null',
    },
  ],
  checks: [
    {
      name: 'posts_scheduled_check',
      expression: `status <> 'scheduled' or scheduled_at is not null`,
    },
    { name: 'posts_published_check', expression: `status <> 'published' or posted_at is not null` },
    {
      name: 'posts_failed_check',
      expression: `status <> 'failed' or (failure_code is not null and failure_reason is not null)`,
    },
    {
      name: 'posts_approval_null_check',
      expression: `approval_status is not null or not approval_required or status in ('draft', 'cancelled')`,
    },
    {
      name: 'posts_approval_given_check',
      expression: `status <> 'queued' or not approval_required or (approval_status is not null and approval_status = 'approved')`,
    },
    { name: 'posts_revision_check', expression: 'revision >= 1 and seq >= 0' },
  ],
  rowLevelSecurity: 'force',
})

export class Post extends PostSchema.class {}
PostSchema.setClass(Post)
