import type { EntityManager } from '@mikro-orm/postgresql'
import type { Connection } from '../../db/entities/connection.ts'
import { getConnection } from '../../db/repositories/connection-queries.ts'
import type { Requester } from '../contract/operation.ts'
import type { ConnectionAnswer } from '../contract/schemas/connections.ts'
import { presentConnection } from '../presenters/connection.ts'

/** The tenant's row; throws `not_found`, for other tenants' ids too. */
export async function findConnection(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<Connection> {
  const row = await getConnection(em, id)
  if (row === undefined) throw requester.fail('not_found')
  return row
}

/** The connection as the API answers it, read inside the given transaction. */
export async function answerConnection(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<ConnectionAnswer> {
  return presentConnection(await findConnection(requester, em, id))
}

/** The same in a transaction of its own. */
export function readConnection(
  requester: Requester<'not_found'>,
  id: string,
): Promise<ConnectionAnswer> {
  const { deps, actor } = requester
  return deps.db.withTenant(actor.tenantId, (em) => answerConnection(requester, em, id))
}
