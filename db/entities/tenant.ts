import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, updatedAt } from './columns.ts'

export const LATENESS_POLICIES = ['publish', 'hold'] as const

const TenantSchema = defineEntity({
  name: 'Tenant',
  tableName: 'tenants',
  properties: {
    id: id(),
    name: p.text(),
    slug: p.text(),
    allowSelfApproval: p.boolean().default(false),
    latenessPolicy: p.enum(LATENESS_POLICIES).default('publish'),
    maxLatenessSeconds: p.integer().default(21600),
    timezone: p.text().default('UTC'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  uniques: [{ name: 'tenants_slug_unique', properties: 'slug' }],
  checks: [
    { name: 'tenants_slug_check', expression: `slug ~ '^[a-z0-9][a-z0-9-]*$'` },
    { name: 'tenants_max_lateness_seconds_check', expression: 'max_lateness_seconds >= 0' },
  ],
  rowLevelSecurity: 'force',
})

export class Tenant extends TenantSchema.class {}
TenantSchema.setClass(Tenant)
