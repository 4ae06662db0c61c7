import type { EntityManager } from '@mikro-orm/postgresql'
import { LockMode } from '@mikro-orm/postgresql'
import { Connection } from '../entities/connection.ts'

/** The row with its lock, held until the transaction ends; undefined when there is none. */
export async function lockConnection(
  em: EntityManager,
  id: string,
): Promise<Connection | undefined> {
  const lockMode = LockMode.PESSIMISTIC_WRITE
  return (await em.findOne(Connection, { id }, { lockMode })) ?? undefined
}
