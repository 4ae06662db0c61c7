import type { OauthSession } from '../../db/entities/oauth-session.ts'
import { consumeOauthSession, locateOauthSession } from '../../db/repositories/oauth-sessions.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import { appendAudit } from '../http/audit.ts'
import { hashState } from './authorize.ts'

/** What a failed attempt to connect is called in the audit log. */
export const CONNECT_FAILED = 'connection.connect_failed'

/**
 * What a callback may be recognised by: OAuth 1.0a knows no state but the request token, which X
 * calls `denied` when a person refused.
 * https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
 */
const STATE_PARAMETERS = ['state', 'oauth_token', 'denied'] as const

/** A state works once, for the platform it was made for, for ten minutes. */
export async function useState(
  requester: Requester<'oauth_state_invalid'>,
  platform: Platform,
  query: URLSearchParams,
): Promise<OauthSession> {
  const { db } = requester.deps
  const found = await locate(requester, query)
  if (found === undefined) throw requester.fail('oauth_state_invalid')
  const { place, hash } = found
  const { tenantId, id } = place
  // One conditional UPDATE: of two callbacks with one state, one goes on.
  const session =
    place.platform === platform
      ? await db.withTenant(tenantId, (em) => consumeOauthSession(em, hash))
      : undefined
  if (session !== undefined) return session
  const detail = { platform, code: 'oauth_state_invalid', session_status: place.status }
  const entry = { action: CONNECT_FAILED, resource: 'oauth_session', resourceId: id, detail }
  // Nobody is known by a state that is no longer good: the row names the session alone.
  const actor = { ...requester.actor, tenantId }
  await db.withTenant(tenantId, (em) => appendAudit(em, actor, requester, entry))
  throw requester.fail('oauth_state_invalid')
}

/** Across tenants, because a callback carries nothing else that names one. */
function locate({ deps }: Requester<never>, query: URLSearchParams) {
  const hashes = STATE_PARAMETERS.flatMap((name) => {
    const [value, ...others] = query.getAll(name)
    return value === undefined || value === '' || others.length > 0 ? [] : [hashState(value)]
  })
  return deps.db.asSystem(async (em) => {
    for (const hash of hashes) {
      const place = await locateOauthSession(em, hash)
      if (place !== undefined) return { place, hash }
    }
    return undefined
  })
}
