import { defineEntity, p } from '@mikro-orm/core'
import { PLATFORMS } from '../../domain/platforms.ts'
import { createdAt, id, instant, updatedAt } from './columns.ts'

const PlatformAppSchema = defineEntity({
  name: 'PlatformApp',
  tableName: 'platform_apps',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    platform: p.enum(PLATFORMS),
    name: p.text(),
    /** `app_id`, `client_key` … in the platform's own words. */
    clientId: p.text().nullable(),
    clientSecretCiphertext: p.text().nullable().hidden(),
    /** X's second pair, for OAuth 1.0a. */
    apiKey: p.text().nullable(),
    apiSecretCiphertext: p.text().nullable().hidden(),
    /** The older one of both ciphertexts. */
    keyVersion: p.integer().nullable(),
    /** Taken when a consent names none. */
    isDefault: p.boolean().default(false),
    verifiedAt: instant().nullable(),
    verifyError: p.json<{ code: string; message: string; at: string }>().nullable(),
    revision: p.integer().default(1),
    createdBy: p.uuid().nullable(),
    updatedBy: p.uuid().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'platform_apps_key_version_index', properties: 'keyVersion' }],
  uniques: [
    { name: 'platform_apps_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'platform_apps_name_unique', properties: ['tenantId', 'platform', 'name'] },
    {
      name: 'platform_apps_default_unique',
      properties: ['tenantId', 'platform'],
      where: 'is_default',
    },
  ],
  checks: [
    {
      name: 'platform_apps_pair_check',
      expression: `(client_id is not null or api_key is not null)
    and (client_secret_ciphertext is null or client_id is not null)
    and (api_secret_ciphertext is null or api_key is not null)`,
    },
    { name: 'platform_apps_oauth1_check', expression: `api_key is null or platform = 'x'` },
    {
      name: 'platform_apps_ciphertext_check',
      expression: `client_secret_ciphertext ~ '^(vault|local):v' and api_secret_ciphertext ~ '^(vault|local):v'`,
    },
    {
      name: 'platform_apps_key_version_check',
      expression: `key_version >= 1
    and (key_version is null)
      = (client_secret_ciphertext is null and api_secret_ciphertext is null)`,
    },
  ],
  rowLevelSecurity: 'force',
})

/** Client credentials of a tenant's own app at a platform. */
export class PlatformApp extends PlatformAppSchema.class {}
PlatformAppSchema.setClass(PlatformApp)
