import type { EntityManager } from '@mikro-orm/postgresql'
import { ConnectionDestination } from '../entities/connection-destination.ts'

/** As the platform orders them, from the position after `after` on; at most `limit` rows. */
export function listDestinations(
  em: EntityManager,
  connectionId: string,
  page: { after: number; limit: number },
): Promise<ConnectionDestination[]> {
  return em.find(
    ConnectionDestination,
    { connectionId, position: { $gt: page.after } },
    { orderBy: { position: 'asc', id: 'asc' }, limit: page.limit },
  )
}
