import { defineEntity, p } from '@mikro-orm/core'
import { WEBHOOK_DISABLED_REASONS } from '../../domain/webhook-events.ts'
import { createdAt, id, instant, textArray, updatedAt } from './columns.ts'

const WebhookEndpointSchema = defineEntity({
  name: 'WebhookEndpoint',
  tableName: 'webhook_endpoints',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    url: p.text(),
    description: p.text().nullable(),
    /** Types it asks for; none means all. */
    events: textArray().defaultRaw(`'{}'`),
    isActive: p.boolean().default(true),
    secretCiphertext: p.text().hidden(),
    /** Signs too until it expires; sealed for the same field, as the API cannot seal it again. */
    previousSecretCiphertext: p.text().nullable().hidden(),
    previousSecretExpiresAt: instant().nullable(),
    /** The older one of both ciphertexts. */
    keyVersion: p.integer(),
    consecutiveFailures: p.integer().default(0),
    failingSince: instant().nullable(),
    /** To the minute: not every delivery writes this row. */
    lastDeliveredAt: instant().nullable(),
    disabledAt: instant().nullable(),
    disabledReason: p.enum(WEBHOOK_DISABLED_REASONS).nullable(),
    revision: p.integer().default(1),
    createdBy: p.uuid().nullable(),
    updatedBy: p.uuid().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { name: 'webhook_endpoints_active_index', properties: 'tenantId', where: 'is_active' },
    { name: 'webhook_endpoints_key_version_index', properties: 'keyVersion' },
  ],
  uniques: [{ name: 'webhook_endpoints_tenant_id_id_unique', properties: ['tenantId', 'id'] }],
  checks: [
    { name: 'webhook_endpoints_url_check', expression: `url ~ '^(http|https)://'` },
    {
      name: 'webhook_endpoints_ciphertext_check',
      expression: `secret_ciphertext ~ '^(vault|local):v' and previous_secret_ciphertext ~ '^(vault|local):v'`,
    },
    {
      name: 'webhook_endpoints_previous_check',
      expression: '(previous_secret_ciphertext is null) = (previous_secret_expires_at is null)',
    },
    { name: 'webhook_endpoints_key_version_check', expression: 'key_version >= 1' },
    {
      name: 'webhook_endpoints_failures_check',
      expression:
        'consecutive_failures >= 0 and (consecutive_failures = 0) = (failing_since is null)',
    },
    {
      name: 'webhook_endpoints_disabled_check',
      expression: 'is_active = (disabled_at is null) and is_active = (disabled_reason is null)',
    },
  ],
  rowLevelSecurity: 'force',
})

/** An address of the tenant's own that is told what happens. */
export class WebhookEndpoint extends WebhookEndpointSchema.class {}
WebhookEndpointSchema.setClass(WebhookEndpoint)
