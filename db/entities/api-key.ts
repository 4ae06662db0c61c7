import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, instant, textArray, updatedAt } from './columns.ts'

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    userId: p.uuid(),
    name: p.text(),
    /** First characters of the key, for people to tell their keys apart. */
    prefix: p.text(),
    keyHash: p.text().hidden(),
    scopes: textArray().defaultRaw(`'{}'`),
    expiresAt: instant().nullable(),
    revokedAt: instant().nullable(),
    lastUsedAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'api_keys_user_index', properties: ['tenantId', 'userId'] }],
  uniques: [
    { name: 'api_keys_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'api_keys_key_hash_unique', properties: 'keyHash' },
  ],
  rowLevelSecurity: 'force',
})

export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey)
