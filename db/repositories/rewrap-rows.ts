import type { EntityManager } from '@mikro-orm/postgresql'
import type { RewrapPlace } from './rewrap-places.ts'

export interface RowPlace {
  tenantId: string
  id: string
}

/** Where a page ended: tenants follow each other, so that a page touches few of them. */
export type RewrapCursor = RowPlace

/** A row's ciphertexts in the order of the place's columns; null where a column is empty. */
export interface SecretRow {
  id: string
  secrets: ({ ciphertext: string; row: string; field: string } | null)[]
}

/** What replaces `old`, column by column, should it still be there. */
export interface RewrappedRow {
  id: string
  old: (string | null)[]
  new: (string | null)[]
  /** The oldest of `new`. */
  keyVersion: number
}

/**
 * For `asSystem`: a page of rows with a ciphertext older than `version`, in the order of tenant and
 * id. Ids alone: the system role cannot read a ciphertext.
 */
export async function findOldRows(
  em: EntityManager,
  place: RewrapPlace,
  page: { version: number; after: RewrapCursor | null; limit: number },
): Promise<RowPlace[]> {
  const after = page.after === null ? '' : 'and (tenant_id, id) > (?::uuid, ?::uuid)'
  const cursor = page.after === null ? [] : [page.after.tenantId, page.after.id]
  const rows = await em.execute<{ tenant_id: string; id: string }[]>(
    `select tenant_id, id from ${place.table} where ${isOld(place)} ${after}
     order by tenant_id, id limit ?`,
    [page.version, ...cursor, page.limit],
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, id: row.id }))
}

/** Within the tenant: the ciphertexts of these rows with their contexts. */
export async function loadSecretRows(
  em: EntityManager,
  place: RewrapPlace,
  ids: readonly string[],
): Promise<SecretRow[]> {
  const columns = place.secrets.map(
    ({ column, row, field }, at) =>
      `${column} as ciphertext_${at}, ${row} as row_${at}, ${field} as field_${at}`,
  )
  const rows = await em.execute<Record<string, string | null>[]>(
    `select id, ${columns.join(', ')} from ${place.table} where id = any(?::uuid[])`,
    [arrayOf(ids)],
  )
  return rows.map((row) => ({
    id: row.id ?? '',
    secrets: place.secrets.map((_, at) => {
      const ciphertext = row[`ciphertext_${at}`] ?? null
      if (ciphertext === null) return null
      return { ciphertext, row: row[`row_${at}`] ?? '', field: row[`field_${at}`] ?? '' }
    }),
  }))
}

/**
 * Within the tenant: compare-and-set on every old ciphertext; answers the ids that were written. A
 * row that somebody holds is left to the next pass (SKIP LOCKED): a rewrap waits for nobody, so it
 * can neither delay a refresh nor get into a deadlock with one.
 */
export async function storeRewrapped(
  em: EntityManager,
  place: RewrapPlace,
  rows: readonly RewrappedRow[],
): Promise<string[]> {
  const columns = place.secrets.map(({ column }) => column)
  const typed = columns.map((_, at) => `old_${at} text, new_${at} text`).join(', ')
  const unchanged = columns.map((column, at) => `t.${column} is not distinct from g.old_${at}`)
  const sets = columns.map((column, at) => `${column} = g.new_${at}`)
  const written = await em.execute<{ id: string }[]>(
    `with given as materialized (
       select * from jsonb_to_recordset(?::jsonb) as g(id uuid, key_version integer, ${typed})
     ), free as materialized (
       select t.id from ${place.table} t join given g on g.id = t.id
       where ${unchanged.join(' and ')} for update of t skip locked
     )
     update ${place.table} t set ${sets.join(', ')}, key_version = g.key_version
     from given g
     where g.id = t.id and t.id in (select id from free) and ${unchanged.join(' and ')}
     returning t.id`,
    [JSON.stringify(rows.map(recordOf))],
  )
  return written.map(({ id }) => id)
}

/** SQL that is true for rows to look at; takes the version. */
function isOld({ mayLackVersion = false }: RewrapPlace): string {
  return mayLackVersion ? 'coalesce(key_version, 0) < ?' : 'key_version < ?'
}

function recordOf(row: RewrappedRow): Record<string, string | number | null> {
  const values = row.old.flatMap((old, at) => [
    [`old_${at}`, old],
    [`new_${at}`, row.new[at] ?? null],
  ])
  return { id: row.id, key_version: row.keyVersion, ...Object.fromEntries(values) }
}

function arrayOf(ids: readonly string[]): string {
  return `{${ids.join(',')}}`
}
