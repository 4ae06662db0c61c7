import { defineEntity, p } from '@mikro-orm/core'
import { CONNECTION_STATUSES, REFRESH_MODELS } from '../../domain/connection-state.ts'
import { PLATFORMS } from '../../domain/platforms.ts'
import { createdAt, id, instant, jsonObject, seq, textArray, updatedAt } from './columns.ts'

export interface ConnectionError {
  code: string
  message: string
  /** RFC 3339 instant. */
  at: string
}

const ConnectionSchema = defineEntity({
  name: 'Connection',
  tableName: 'connections',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    userId: p.uuid(),
    platform: p.enum(PLATFORMS),
    status: p.enum(CONNECTION_STATUSES).default('pending'),
    /** The way it was connected by, such as `oauth1`; see platforms/authorizer.ts. */
    method: p.text().default('oauth2'),
    refreshModel: p.enum(REFRESH_MODELS).default('none'),
    /** The tenant's own app that its tokens were given to. */
    platformAppId: p.uuid().nullable(),
    /** Platform's id of the person who consented, where that is another than the account. */
    grantorId: p.text().nullable(),
    platformAccountId: p.text().nullable(),
    accountHandle: p.text().nullable(),
    displayName: p.text().nullable(),
    profileImageUrl: p.text().nullable(),
    accountKind: p.text().nullable(),
    parentAccountId: p.text().nullable(),
    /** User-given host: a Mastodon instance or a Bluesky PDS. */
    serviceUrl: p.text().nullable(),
    name: p.text().nullable(),
    notes: p.text().nullable(),
    settings: jsonObject(),
    metadata: jsonObject(),
    /** False switches the account off without disconnecting it: it publishes nothing. */
    isActive: p.boolean().default(true),
    /** The one that `platforms: [...]` of a new post means. */
    isDefault: p.boolean().default(false),
    isAuthenticated: p.boolean().default(false),
    scopes: textArray().defaultRaw(`'{}'`),
    missingScopes: textArray().defaultRaw(`'{}'`),
    tokenType: p.text().nullable(),
    tokenVersion: p.integer().default(0),
    /** Of the access token. */
    issuedAt: instant().nullable(),
    expiresAt: instant().nullable(),
    refreshExpiresAt: instant().nullable(),
    nextRefreshAt: instant().nullable(),
    /** Set while the token endpoint is called: left behind, it tells of a call that never ended. */
    refreshStartedAt: instant().nullable(),
    refreshFailures: p.integer().default(0),
    /** Refusals in a row that prove nothing about the account; other trouble begins them anew. */
    refreshRefusals: p.integer().default(0),
    /** Days before the end of the access at which a person was warned last: 14, 7 or 1. */
    warnedDays: p.integer().nullable(),
    lastError: p.json<ConnectionError>().nullable(),
    connectedAt: instant().nullable(),
    lastValidatedAt: instant().nullable(),
    lastValidationFailedAt: instant().nullable(),
    lastUsedAt: instant().nullable(),
    lastTokenRefreshAt: instant().nullable(),
    lastSyncAt: instant().nullable(),
    syncFrequencyMinutes: p.integer().default(60),
    postCount: p.integer().default(0),
    lastPostStatus: p.text().nullable(),
    apiCallsUsed: p.integer().default(0),
    /** Of the window that `api_calls_used` counts in. */
    apiCallsLimit: p.integer().nullable(),
    apiCallsResetAt: instant().nullable(),
    apiCallsToldAt: instant().nullable(),
    rateLimitTier: p.text().nullable(),
    rateLimitedUntil: instant().nullable(),
    seq: seq().defaultRaw('0'),
    revision: p.integer().default(1),
    disconnectedAt: instant().nullable(),
    createdBy: p.uuid().nullable(),
    updatedBy: p.uuid().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    { name: 'connections_tenant_index', properties: 'tenantId' },
    { name: 'connections_active_index', properties: ['tenantId', 'isActive'] },
    {
      name: 'connections_created_index',
      columns: [{ name: 'tenant_id' }, { name: 'created_at', sort: 'DESC' }, { name: 'id' }],
    },
    { name: 'connections_user_index', properties: ['tenantId', 'userId'] },
    { name: 'connections_expires_index', properties: 'expiresAt', where: `status = 'active'` },
    {
      name: 'connections_grantor_index',
      properties: ['platform', 'grantorId'],
      where: 'disconnected_at is null',
    },
  ],
  uniques: [
    { name: 'connections_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'connections_account_unique',
      properties: ['tenantId', 'platform', 'platformAccountId'],
      where: 'disconnected_at is null',
    },
    {
      name: 'connections_default_unique',
      properties: ['tenantId', 'platform'],
      where: 'is_default and disconnected_at is null',
    },
  ],
  checks: [
    { name: 'connections_method_check', expression: `method ~ '^[a-z][a-z0-9_]*$'` },
    {
      name: 'connections_active_check',
      expression: `status <> 'active' or (platform_account_id is not null and connected_at is not null and is_authenticated)`,
    },
    {
      name: 'connections_disconnected_check',
      expression: `(status = 'disconnected') = (disconnected_at is not null)`,
    },
    {
      name: 'connections_sync_frequency_minutes_check',
      expression: 'sync_frequency_minutes >= 15',
    },
    {
      name: 'connections_counters_check',
      expression:
        'token_version >= 0 and refresh_failures >= 0 and post_count >= 0 and api_calls_used >= 0',
    },
  ],
  rowLevelSecurity: 'force',
})

export class Connection extends ConnectionSchema.class {}
ConnectionSchema.setClass(Connection)
