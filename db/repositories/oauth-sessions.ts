import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import { OauthSession, type SessionAccount } from '../entities/oauth-session.ts'

/** A consent that begins; `expiresAt` bounds how long its state is accepted. */
export interface NewOauthSession {
  id?: string
  tenantId: string
  userId: string
  platform: Platform
  /** Of the authorizer; `oauth2` unless given. */
  method?: string
  /** The tenant's own app that the code will be exchanged by. */
  platformAppId?: string | null
  /** The state itself is never stored. */
  stateHash: string
  codeVerifierCiphertext?: string
  secretsCiphertext?: string
  keyVersion?: number
  redirectUri: string
  redirectAfter?: string
  requestedScopes: string[]
  serviceUrl?: string
  reconnectConnectionId?: string
  expiresAt: Date
}

/** Where a state belongs, before its tenant is known. */
export interface OauthSessionPlace {
  id: string
  tenantId: string
  platform: Platform
  status: 'pending' | 'used' | 'failed'
  expired: boolean
}

/** What a consent that covers several accounts keeps until some are chosen. */
export interface KeptConsent {
  grantCiphertext: string
  keyVersion: number
  accounts: readonly SessionAccount[]
  expiresAt: Date
}

/** Stores the session; the hash of its state is what a callback is found by. */
export async function createOauthSession(
  em: EntityManager,
  session: NewOauthSession,
): Promise<OauthSession> {
  const created = em.create(OauthSession, session)
  await em.persist(created).flush()
  return created
}

/** For `asSystem`: a callback arrives with nothing but its state. */
export async function locateOauthSession(
  em: EntityManager,
  stateHash: string,
): Promise<OauthSessionPlace | undefined> {
  const [place] = await em.execute<OauthSessionPlace[]>(
    `select id, tenant_id as "tenantId", platform, status, expires_at <= now() as expired
     from oauth_sessions where state_hash = ?`,
    [stateHash],
  )
  return place
}

/**
 * Uses the session up and returns it, within its tenant; undefined when it is unknown, expired or
 * was used before. One statement, so that of two callbacks with one state a single one goes on.
 */
export async function consumeOauthSession(
  em: EntityManager,
  stateHash: string,
): Promise<OauthSession | undefined> {
  const [row] = await em.execute(
    `update oauth_sessions set status = 'used', used_at = now()
     where state_hash = ? and status = 'pending' and expires_at > now()
     returning *`,
    [stateHash],
  )
  return row === undefined ? undefined : em.map(OauthSession, row)
}

/** Notes why the consent came to nothing; a session that was pending is used up by it. */
export async function failOauthSession(
  em: EntityManager,
  id: string,
  errorCode: string,
): Promise<void> {
  await em.execute(
    `update oauth_sessions
     set status = 'failed', error_code = ?, used_at = coalesce(used_at, now()),
       code_verifier_ciphertext = null, secrets_ciphertext = null, grant_ciphertext = null
     where id = ?`,
    [errorCode, id],
  )
}

/** Notes which accounts a consent covers, and that the secrets of the exchange are spent. */
export async function noteSessionAccounts(
  em: EntityManager,
  id: string,
  accounts: readonly SessionAccount[],
): Promise<void> {
  await em.execute(
    `update oauth_sessions
     set accounts = ?::jsonb, code_verifier_ciphertext = null, secrets_ciphertext = null
     where id = ?`,
    [JSON.stringify(accounts), id],
  )
}

/** Keeps a consent, sealed, until accounts are chosen or `expiresAt` has come. */
export async function keepConsent(
  em: EntityManager,
  id: string,
  { grantCiphertext, keyVersion, accounts, expiresAt }: KeptConsent,
): Promise<void> {
  await noteSessionAccounts(em, id, accounts)
  await em.execute(
    `update oauth_sessions set grant_ciphertext = ?, key_version = ?, expires_at = ?
     where id = ?`,
    [grantCiphertext, keyVersion, expiresAt, id],
  )
}

/** Erases what a consent gave; the accounts that it has led to hold their own tokens. */
export async function eraseConsent(em: EntityManager, id: string): Promise<void> {
  await em.execute(
    'update oauth_sessions set grant_ciphertext = null where id = ? and grant_ciphertext is not null',
    [id],
  )
}

/** For `asSystem`. Returns how many went. */
export async function deleteExpiredOauthSessions(
  em: EntityManager,
  limit: number,
): Promise<number> {
  const gone = await em.execute(
    `delete from oauth_sessions
     where id in (select id from oauth_sessions where expires_at < now() limit ?)
     returning id`,
    [limit],
  )
  return gone.length
}
