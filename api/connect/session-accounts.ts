import type { EntityManager } from '@mikro-orm/postgresql'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import type { Requester } from '../contract/operation.ts'

/** The session of a consent; throws `not_found`. */
export async function findSession(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<OauthSession> {
  const session = await em.findOne(OauthSession, { id })
  if (session === null) throw requester.fail('not_found')
  return session
}
