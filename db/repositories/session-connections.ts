import type { EntityManager } from '@mikro-orm/postgresql'
import type { Connection } from '../entities/connection.ts'
import type { OauthSession } from '../entities/oauth-session.ts'
import { getConnections } from './connection-queries.ts'

/** Remembers which connection a consent has led to. */
export async function addSessionConnection(
  em: EntityManager,
  sessionId: string,
  connectionId: string,
): Promise<void> {
  await em.execute(
    `update oauth_sessions set connection_ids = connection_ids || ?::uuid
     where id = ? and not (?::uuid = any(connection_ids))`,
    [connectionId, sessionId, connectionId],
  )
}

/** The connections that a consent has led to and that are still there, in no order. */
export function sessionConnections(
  em: EntityManager,
  { connectionIds }: Pick<OauthSession, 'connectionIds'>,
): Promise<Connection[]> {
  return getConnections(em, connectionIds)
}
