import type { EntityManager } from '@mikro-orm/postgresql'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import type { Requester } from '../contract/operation.ts'
import { allows } from '../policies/scopes.ts'

/**
 * The session of a consent, for who began it and for admins: it shows the accounts of a person.
 * Throws `not_found`.
 */
export async function findSession(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<OauthSession> {
  const session = await em.findOne(OauthSession, { id })
  const { userId, scopes } = requester.actor
  if (session === null) throw requester.fail('not_found')
  if (session.userId === userId || allows(scopes, 'admin')) return session
  throw requester.fail('not_found')
}
