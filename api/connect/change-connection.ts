import type { EntityManager } from '@mikro-orm/postgresql'
import { Connection } from '../../db/entities/connection.ts'
import { lockConnection } from '../../db/repositories/lock-connection.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import type { Requester } from '../contract/operation.ts'

/** `precondition_failed`: somebody changed the row since the caller read it. */
type ChangeErrors = 'not_found' | 'precondition_failed'

/** Fields that are undefined stay; null clears those that may be empty. */
export interface ConnectionChange {
  id: string
  expectedRevision: number | undefined
  fields: Partial<
    Pick<Connection, 'name' | 'notes' | 'isActive' | 'settings' | 'syncFrequencyMinutes'>
  >
}

/** Writes fields that a person may set; answers the outbox id of what the workflow has to be told. */
export async function changeConnectionRow(
  requester: Requester<ChangeErrors>,
  em: EntityManager,
  { id, expectedRevision, fields }: ConnectionChange,
): Promise<string> {
  const { tenantId, userId } = requester.actor
  // The lock makes comparing the revision and raising it one step.
  const row = await lockConnection(em, id)
  if (row === undefined) throw requester.fail('not_found')
  if (expectedRevision !== undefined && expectedRevision !== row.revision) {
    throw requester.fail('precondition_failed', { currentStatus: row.status })
  }
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const changes = { ...Object.fromEntries(given), updatedBy: userId, revision: row.revision + 1 }
  await em.nativeUpdate(Connection, { id }, changes)
  // The locked row is still in memory as it was; the answer has to be read anew.
  em.clear()
  return enqueue(em, { tenantId, kind: 'connection_changed', aggregateId: id })
}
