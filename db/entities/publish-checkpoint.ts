import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, id, jsonObject, updatedAt } from './columns.ts'

const PublishCheckpointSchema = defineEntity({
  name: 'PublishCheckpoint',
  tableName: 'publish_checkpoints',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    targetId: p.uuid(),
    part: p.integer(),
    /** Of what it was made for: other content begins anew. */
    fingerprint: p.text(),
    /** Ids and offsets that the platform gave. */
    state: jsonObject(),
    /** JSON of upload addresses, which let their owner write. */
    secretsCiphertext: p.text().nullable(),
    keyVersion: p.integer().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'publish_checkpoints_key_version_index', properties: 'keyVersion' }],
  uniques: [
    { name: 'publish_checkpoints_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'publish_checkpoints_part_unique',
      properties: ['tenantId', 'targetId', 'part'],
    },
  ],
  checks: [
    { name: 'publish_checkpoints_part_check', expression: 'part >= 0' },
    {
      name: 'publish_checkpoints_ciphertext_check',
      expression: `secrets_ciphertext ~ '^(vault|local):v'`,
    },
    {
      name: 'publish_checkpoints_key_version_check',
      expression: 'key_version >= 1 and (key_version is null) = (secrets_ciphertext is null)',
    },
  ],
  rowLevelSecurity: 'force',
})

export class PublishCheckpoint extends PublishCheckpointSchema.class {}
PublishCheckpointSchema.setClass(PublishCheckpoint)
