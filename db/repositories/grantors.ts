import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'

/** Who consented to what; `grantorId` is the platform's id of the person. */
export interface GrantOwner {
  connectionId: string
  grantorId: string
  /** Platforms that one grant may cover. */
  platforms: readonly Platform[]
}

/**
 * Whether other connections, of any tenant, live by the same person's grant: revoking it would end
 * them too. For `asSystem`.
 */
export async function isGrantShared(em: EntityManager, owner: GrantOwner): Promise<boolean> {
  const sql = `select 1 from connections
    where platform = any(?::text[]) and coalesce(grantor_id, platform_account_id) = ?
      and id <> ? and status in ('active', 'error') limit 1`
  const platforms = `{${owner.platforms.join(',')}}`
  const rows = await em.execute<unknown[]>(sql, [platforms, owner.grantorId, owner.connectionId])
  return rows.length > 0
}
