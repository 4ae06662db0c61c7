import type { EntityManager } from '@mikro-orm/postgresql'

/** A platform's "wait" is for the whole connection: every publish of it reads this before calling. */
export async function limitConnection(
  em: EntityManager,
  target: { tenantId: string; targetId: string },
  until: Date,
): Promise<void> {
  const sql = `update connections c set rate_limited_until = greatest(c.rate_limited_until, ?)
    from post_targets g
    where c.tenant_id = ? and g.tenant_id = c.tenant_id and g.id = ? and c.id = g.connection_id`
  await em.execute(sql, [until, target.tenantId, target.targetId])
}
