import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, instant, updatedAt } from './columns.ts'

const ConnectionTokenSchema = defineEntity({
  name: 'ConnectionToken',
  tableName: 'connection_tokens',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    connectionId: p.uuid(),
    /** `access`, `refresh`, `app_password`, `token_secret`, … */
    kind: p.text(),
    ciphertext: p.text().hidden(),
    keyVersion: p.integer(),
    tokenVersion: p.integer().default(0),
    expiresAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'connection_tokens_key_version_index', properties: 'keyVersion' }],
  uniques: [
    { name: 'connection_tokens_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'connection_tokens_kind_unique',
      properties: ['tenantId', 'connectionId', 'kind'],
    },
  ],
  checks: [
    { name: 'connection_tokens_kind_check', expression: `kind ~ '^[a-z][a-z0-9_]*$'` },
    {
      name: 'connection_tokens_ciphertext_check',
      expression: `ciphertext ~ '^(vault|local):v'`,
    },
    { name: 'connection_tokens_key_version_check', expression: 'key_version >= 1' },
  ],
  rowLevelSecurity: 'force',
})

export class ConnectionToken extends ConnectionTokenSchema.class {}
ConnectionTokenSchema.setClass(ConnectionToken)
