import type { EntityManager } from '@mikro-orm/postgresql'

interface TargetIds {
  tenantId: string
  targetId: string
}

/** Notes for people why a due target is not out yet; decides nothing and raises no `seq`. */
export async function noteWaiting(em: EntityManager, ids: TargetIds, code: string): Promise<void> {
  const sql = `update post_targets set waiting_code = ?,
      waiting_since = coalesce(waiting_since, now())
    where tenant_id = ? and id = ? and status in ('pending', 'queued', 'publishing')
      and waiting_code is distinct from ?`
  await em.execute(sql, [code, ids.tenantId, ids.targetId, code])
}

/** What it waited for has come. */
export async function clearWaiting(em: EntityManager, ids: TargetIds): Promise<void> {
  const sql = `update post_targets set waiting_code = null, waiting_since = null
    where tenant_id = ? and id = ? and waiting_code is not null`
  await em.execute(sql, [ids.tenantId, ids.targetId])
}
