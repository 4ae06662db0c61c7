import { defineEntity, p } from '@mikro-orm/core'
import { PLATFORMS } from '../../domain/platforms.ts'
import { createdAt, id, instant, textArray, updatedAt, uuidArray } from './columns.ts'

export const OAUTH_SESSION_STATUSES = ['pending', 'used', 'failed'] as const

/** One account of a consent that waits for a choice; no secrets. */
export interface SessionAccount {
  account_id: string
  account_handle: string
  display_name: string | null
  profile_image_url: string | null
  account_kind: string
  parent_account_id: string | null
  /** Why it cannot be connected. */
  problem: { code: string; message: string } | null
}

const OauthSessionSchema = defineEntity({
  name: 'OauthSession',
  tableName: 'oauth_sessions',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    userId: p.uuid(),
    platform: p.enum(PLATFORMS),
    /** Of the authorizer, see platforms/authorizer.ts. */
    method: p.text().default('oauth2'),
    platformAppId: p.uuid().nullable(),
    stateHash: p.text().hidden(),
    codeVerifierCiphertext: p.text().nullable().hidden(),
    /** What the redirect needs again at the callback, sealed. */
    secretsCiphertext: p.text().nullable().hidden(),
    /** What the consent gave, sealed, until accounts are chosen. */
    grantCiphertext: p.text().nullable().hidden(),
    /** Of all ciphertexts here. */
    keyVersion: p.integer().nullable(),
    /** Accounts that the consent covers, as `CoveredAccount` without its grant. */
    accounts: p.json<SessionAccount[]>().defaultRaw(`'[]'`),
    redirectUri: p.text(),
    redirectAfter: p.text().nullable(),
    requestedScopes: textArray().defaultRaw(`'{}'`),
    serviceUrl: p.text().nullable(),
    reconnectConnectionId: p.uuid().nullable(),
    /** What the consent has led to. */
    connectionIds: uuidArray().defaultRaw(`'{}'`),
    status: p.enum(OAUTH_SESSION_STATUSES).default('pending'),
    expiresAt: instant(),
    usedAt: instant().nullable(),
    errorCode: p.text().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'oauth_sessions_expires_index', properties: 'expiresAt' }],
  uniques: [
    { name: 'oauth_sessions_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'oauth_sessions_state_hash_unique', properties: 'stateHash' },
  ],
  checks: [
    {
      name: 'oauth_sessions_used_check',
      expression: `(status = 'pending') = (used_at is null)`,
    },
    {
      name: 'oauth_sessions_ciphertext_check',
      expression: `code_verifier_ciphertext ~ '^(vault|local):v'`,
    },
    {
      name: 'oauth_sessions_secrets_check',
      expression: `secrets_ciphertext ~ '^(vault|local):v'`,
    },
    { name: 'oauth_sessions_grant_check', expression: `grant_ciphertext ~ '^(vault|local):v'` },
  ],
  rowLevelSecurity: 'force',
})

export class OauthSession extends OauthSessionSchema.class {}
OauthSessionSchema.setClass(OauthSession)
