import type { EntityManager } from '@mikro-orm/postgresql'
import type { Connection } from '../../db/entities/connection.ts'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import { getConnections } from '../../db/repositories/connection-queries.ts'
import type { Requester } from '../contract/operation.ts'

/** The connections that a consent has led to; the events of connections remember it. */
export async function sessionConnections(
  em: EntityManager,
  sessionId: string,
): Promise<Connection[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select distinct connection_id as id from connection_events
     where type in ('connected', 'reconnected') and detail ->> 'session_id' = ?`,
    [sessionId],
  )
  return getConnections(
    em,
    rows.map(({ id }) => id),
  )
}

export async function findSession(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<OauthSession> {
  const session = await em.findOne(OauthSession, { id })
  if (session === null) throw requester.fail('not_found')
  return session
}
