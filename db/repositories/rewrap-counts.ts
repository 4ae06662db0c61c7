import type { EntityManager } from '@mikro-orm/postgresql'
import { REWRAP_PLACES, type RewrapPlace } from './rewrap-places.ts'

/** Rows with something older than a version, by table. */
export type OldRows = Record<string, number>

export interface VersionCount {
  table: string
  /** Null for rows of consents that hold no ciphertext, or do not say of which version. */
  keyVersion: number | null
  rows: number
}

/** For `asSystem`: across tenants, by what the rows say; `correctKeyVersions` makes that true. */
export async function countOldRows(em: EntityManager, version: number): Promise<OldRows> {
  const counts: OldRows = {}
  for (const place of REWRAP_PLACES) {
    const [row] = await em.execute<{ rows: string | number }[]>(
      `select count(*) as rows from ${place.table} where key_version < ?`,
      [version],
    )
    counts[place.table] = Number(row?.rows ?? 0)
  }
  return counts
}

/** For `asSystem`: how many rows of each table are of which key version. */
export async function countVersions(em: EntityManager): Promise<VersionCount[]> {
  const counts: VersionCount[] = []
  for (const { table } of REWRAP_PLACES) {
    const rows = await em.execute<{ key_version: number | null; rows: string | number }[]>(
      `select key_version, count(*) as rows from ${table} group by 1 order by 1`,
    )
    counts.push(
      ...rows.map((row) => ({ table, keyVersion: row.key_version, rows: Number(row.rows) })),
    )
  }
  return counts
}

/** For `asSystem`: the oldest key version that any row needs; null when there are no rows. */
export async function oldestKeyVersion(em: EntityManager): Promise<number | null> {
  const versions = (await countVersions(em)).flatMap(({ keyVersion }) => keyVersion ?? [])
  return versions.length === 0 ? null : Math.min(...versions)
}

/** For `asSystem`: a page of tenants, each with a wall that the next look has to go behind. */
export async function pageTenants(
  em: EntityManager,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await em.execute<{ id: string }[]>(
    'select id from tenants where id > coalesce(?::uuid, ?::uuid) order by id limit ?',
    [after, '00000000-0000-0000-0000-000000000000', limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * Within the tenant: makes `key_version` say what the ciphertexts themselves say, wherever it is
 * missing or claims to be newer; rows without a ciphertext count as of `version`. Answers how many
 * rows that were. Old versions are only ended after this.
 */
export async function correctKeyVersions(em: EntityManager, version: number): Promise<number> {
  let corrected = 0
  for (const place of REWRAP_PLACES) {
    const actual = oldestIn(place)
    const isMissing = place.mayLackVersion ? 'or key_version is null' : ''
    const rows = await em.execute<unknown[]>(
      `update ${place.table} set key_version = coalesce(${actual}, ?)
       where ${actual} < key_version ${isMissing} returning 1`,
      [version],
    )
    corrected += rows.length
  }
  return corrected
}

/** SQL: the oldest version among a row's ciphertexts; null when it has none. */
function oldestIn({ secrets }: RewrapPlace): string {
  const versions = secrets.map(
    ({ column }) => `substring(${column} from '^[a-z]+:v([0-9]{1,9}):')::integer`,
  )
  return `least(${versions.join(', ')})`
}
