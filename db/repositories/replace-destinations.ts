import type { EntityManager } from '@mikro-orm/postgresql'

/** A place within an account that a post may go to, as the platform told it. */
export interface DestinationRow {
  id: string
  kind: string
  name: string
  handle?: string
  imageUrl?: string
  canPost: boolean
  reason?: string
  detail?: Readonly<Record<string, unknown>>
}

const INSERT = `
  insert into connection_destinations (tenant_id, connection_id, remote_id, kind, name, handle,
    image_url, can_post, reason, detail, position)
  select ?::uuid, ?::uuid, d.id, d.kind, d.name, d.handle, d."imageUrl", d."canPost", d.reason,
    coalesce(d.detail, '{}'), d.position
  from jsonb_to_recordset(?::jsonb) as d(id text, kind text, name text, handle text,
    "imageUrl" text, "canPost" boolean, reason text, detail jsonb, position integer)
  on conflict do nothing`

/** Replaces what was known by what the platform says now, and notes the sync. */
export async function replaceDestinations(
  em: EntityManager,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  destinations: readonly DestinationRow[],
): Promise<void> {
  const owner = [tenantId, connectionId]
  const erase = 'delete from connection_destinations where tenant_id = ? and connection_id = ?'
  await em.execute(erase, owner)
  const rows = destinations.map((one, position) => ({ ...one, position }))
  if (rows.length > 0) await em.execute(INSERT, [...owner, JSON.stringify(rows)])
  const synced = 'update connections set last_sync_at = now() where tenant_id = ? and id = ?'
  await em.execute(synced, owner)
}
