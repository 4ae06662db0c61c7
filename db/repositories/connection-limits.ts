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

/** A platform's budget as its headers told it last. */
export interface CallBudget {
  limit: number | null
  remaining: number | null
  resetsAt: Date | null
  /** When it was told: an older one never replaces a newer one. */
  at: Date
}

/** Keeps what a platform said of its budget; null leaves what is known. */
export async function recordCallBudget(
  em: EntityManager,
  ids: { tenantId: string; connectionId: string },
  { limit, remaining, resetsAt, at }: CallBudget,
): Promise<void> {
  const used = limit === null || remaining === null ? null : Math.max(0, limit - remaining)
  const sql = `update connections set api_calls_used = coalesce(?, api_calls_used),
      api_calls_limit = coalesce(?, api_calls_limit),
      api_calls_reset_at = coalesce(?, api_calls_reset_at), api_calls_told_at = ?
    where tenant_id = ? and id = ? and (api_calls_told_at is null or api_calls_told_at < ?)`
  const owner = [ids.tenantId, ids.connectionId, at]
  await em.execute(sql, [used, limit, resetsAt, at, ...owner])
}
