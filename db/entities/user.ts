import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, updatedAt } from './columns.ts'

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    /** The identity provider's id, such as `user_2aBc…`. */
    externalId: p.text().nullable(),
    email: p.text(),
    displayName: p.text(),
    passwordHash: p.text().nullable().hidden(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'users_external_id_index', properties: 'externalId' }],
  uniques: [
    { name: 'users_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'users_external_id_unique',
      properties: ['tenantId', 'externalId'],
      where: 'external_id is not null',
    },
    {
      name: 'users_email_unique',
      expression: 'create unique index users_email_unique on users (tenant_id, lower(email))',
    },
  ],
  rowLevelSecurity: 'force',
})

export class User extends UserSchema.class {}
UserSchema.setClass(User)
