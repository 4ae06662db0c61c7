import { Connection } from '../../db/entities/connection.ts'
import { PostTarget } from '../../db/entities/post-target.ts'
import type { Requester } from '../contract/operation.ts'

/** Removes a disconnected account that no post names; a post's history keeps its accounts. */
export async function removeConnection(requester: Requester<never>, id: string): Promise<void> {
  const { deps, actor } = requester
  await deps.db.withTenant(actor.tenantId, async (em) => {
    await requester.audit(em, id)
    // Not an error: the account stays as disconnected, so that history keeps its name.
    if ((await em.count(PostTarget, { connectionId: id })) > 0) return
    await em.nativeDelete(Connection, { id, status: 'disconnected' })
  })
}
