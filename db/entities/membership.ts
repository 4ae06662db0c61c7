import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, updatedAt } from './columns.ts'

export const ROLES = ['staff', 'marketing', 'admin'] as const
export type Role = (typeof ROLES)[number]

const MembershipSchema = defineEntity({
  name: 'Membership',
  tableName: 'memberships',
  properties: {
    tenantId: p.uuid().primary(),
    userId: p.uuid().primary(),
    role: p.enum(ROLES),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  rowLevelSecurity: 'force',
})

export class Membership extends MembershipSchema.class {}
MembershipSchema.setClass(Membership)
