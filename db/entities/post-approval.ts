import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, instant, updatedAt } from './columns.ts'

export const APPROVAL_DECISIONS = ['requested', 'approved', 'rejected', 'reset'] as const

const PostApprovalSchema = defineEntity({
  name: 'PostApproval',
  tableName: 'post_approvals',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    postId: p.uuid(),
    revision: p.integer(),
    decision: p.enum(APPROVAL_DECISIONS),
    byUserId: p.uuid().nullable(),
    actor: p.text(),
    comment: p.text().nullable(),
    /** True for the decision that stands for its revision. */
    effective: p.boolean().default(false),
    at: instant().defaultRaw('now()'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'post_approvals_post_index', properties: ['tenantId', 'postId', 'at'] }],
  uniques: [{ name: 'post_approvals_tenant_id_id_unique', properties: ['tenantId', 'id'] }],
  rowLevelSecurity: 'force',
})

export class PostApproval extends PostApprovalSchema.class {}
PostApprovalSchema.setClass(PostApproval)
