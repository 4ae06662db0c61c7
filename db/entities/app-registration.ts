import { defineEntity, p } from '@mikro-orm/core'
import { PLATFORMS } from '../../domain/platforms.ts'
import { createdAt, id, updatedAt } from './columns.ts'

/** Clarion's own app at a server that wants one each, such as a Mastodon instance. */
const AppRegistrationSchema = defineEntity({
  name: 'AppRegistration',
  tableName: 'app_registrations',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    platform: p.enum(PLATFORMS),
    serviceUrl: p.text(),
    clientId: p.text(),
    clientSecretCiphertext: p.text().hidden(),
    keyVersion: p.integer(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  uniques: [
    { name: 'app_registrations_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'app_registrations_service_unique',
      properties: ['tenantId', 'platform', 'serviceUrl'],
    },
  ],
  checks: [
    {
      name: 'app_registrations_ciphertext_check',
      expression: `client_secret_ciphertext ~ '^(vault|local):v'`,
    },
    { name: 'app_registrations_key_version_check', expression: 'key_version >= 1' },
  ],
  rowLevelSecurity: 'force',
})

export class AppRegistration extends AppRegistrationSchema.class {}
AppRegistrationSchema.setClass(AppRegistration)
