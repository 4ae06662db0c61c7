import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { APP_ROLE } from '../../db/open-database.ts'
import { asRole } from '../../db/orm.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type FilledTeam, makeFilledTeam } from './rows.ts'
import {
  FORBIDDEN,
  FOREIGN_KEY,
  openSession,
  type Row,
  type Session,
  sqlState,
} from './sessions.ts'

/** Tables of the installation, not of a tenant: no wall, and so nothing in them for the app. */
const SHARED = ['migrations', 'sweep_results']

let database: TestDatabase
let owner: Session
let app: Session
let mine: FilledTeam
let theirs: FilledTeam

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
  app = openSession(asRole(database.url, APP_ROLE))
  mine = await makeFilledTeam(database.db)
  theirs = await makeFilledTeam(database.db)
})
afterAll(async () => {
  await Promise.all([owner.close(), app.close()])
  await database.drop()
})

/** From the catalogue, so that a table without a wall cannot hide. */
async function tenantTables(): Promise<{ name: string; key: string }[]> {
  const tables = await owner.rows(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
  )
  return tables
    .map(({ name }) => String(name))
    .filter((name) => !SHARED.includes(name))
    .map((name) => ({ name, key: name === 'tenants' ? 'id' : 'tenant_id' }))
}

async function inMyTenant(sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return database.db.withTenant(mine.tenantId, (em) => em.execute<Row[]>(sql, parameters))
}

async function eachTable(
  check: (table: { name: string; key: string }) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {}
  for (const table of await tenantTables()) answers[table.name] = await check(table)
  return answers
}

/** The same answer for every table. */
async function everywhere(answer: unknown): Promise<Record<string, unknown>> {
  return eachTable(async () => answer)
}

async function rowsOf(tenantId: string): Promise<Record<string, unknown>> {
  return eachTable(({ name, key }) =>
    owner.rows(`select * from ${name} where ${key} = ? order by 1, 2`, [tenantId]),
  )
}

describe('every tenant table', () => {
  test('holds a row of each tenant, or the tests below would prove nothing', async () => {
    for (const { tenantId } of [mine, theirs]) {
      const filled = await eachTable(async ({ name, key }) => {
        const found = await inTenant(tenantId, `select 1 from ${name} where ${key} = ?`, [tenantId])
        return found.length > 0
      })
      expect(filled).toEqual(await everywhere(true))
    }
  })

  test('has row-level security forced and one wall for everybody', async () => {
    const walls = await eachTable(({ name }) =>
      owner.rows(
        `select relrowsecurity as enabled, relforcerowsecurity as forced, p.roles::text, p.cmd,
                p.qual = p.with_check as same, p.qual
         from pg_class c join pg_policies p on p.tablename = c.relname and p.policyname = 'tenant_wall'
         where c.relname = ? and c.relnamespace = 'public'::regnamespace`,
        [name],
      ),
    )
    expect(walls).toEqual(
      await eachTable(async ({ key }) => [
        {
          ...{ enabled: true, forced: true, roles: '{public}', cmd: 'ALL', same: true },
          qual: `(${key} = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))`,
        },
      ]),
    )
  })

  test('shows the app nothing but its own tenant', async () => {
    const visible = await eachTable(({ name, key }) =>
      inMyTenant(`select distinct ${key} as tenant from ${name}`),
    )
    expect(visible).toEqual(await everywhere([{ tenant: mine.tenantId }]))
  })

  test('shows nothing without a tenant', async () => {
    const without = await eachTable(({ name }) => app.rows(`select 1 from ${name}`))
    expect(without).toEqual(await everywhere([]))
    await app.rows(`set app.tenant_id = ''`)
    const empty = await eachTable(({ name }) => app.rows(`select 1 from ${name}`))
    expect(empty).toEqual(await everywhere([]))
  })

  test(`another tenant's rows cannot be updated or deleted`, async () => {
    const before = await rowsOf(theirs.tenantId)
    await eachTable(async ({ name, key }) => {
      const where = `where ${key} = '${theirs.tenantId}'`
      for (const sql of [
        `update ${name} set ${key} = ${key} ${where} returning 1`,
        `delete from ${name} ${where} returning 1`,
      ]) {
        const touched = await inMyTenant(sql).catch(refused)
        expect({ sql, touched }).toEqual({ sql, touched: [] })
      }
    })
    expect(await rowsOf(theirs.tenantId)).toEqual(before)
  })

  test('my rows cannot be handed to another tenant', async () => {
    const outcomes = await eachTable(({ name, key }) =>
      sqlState(inMyTenant(`update ${name} set ${key} = ?`, [theirs.tenantId])),
    )
    expect(outcomes).toEqual(await everywhere(FORBIDDEN))
  })

  test('a row of another tenant cannot be inserted', async () => {
    const outcomes = await eachTable(async ({ name, key }) => {
      const copy = await copyOf(name, key, theirs.tenantId)
      const fresh = 'id' in copy ? { ...copy, id: freshId(copy.id) } : { ...copy, key: 'fresh' }
      return sqlState(inMyTenant(insertJson(name), [JSON.stringify(fresh)]))
    })
    expect(outcomes).toEqual(await everywhere(FORBIDDEN))
  })

  test(`another tenant's row cannot be taken over by an upsert`, async () => {
    const before = await rowsOf(theirs.tenantId)
    const outcomes = await eachTable(async ({ name, key }) => {
      const copy = await copyOf(name, key, theirs.tenantId)
      const conflict = 'id' in copy ? 'id' : await primaryKey(name)
      // By id where ids are unique across tenants, so that the conflict is with their row.
      const claimed = 'id' in copy && key !== 'id' ? { ...copy, [key]: mine.tenantId } : copy
      const upsert = `${insertJson(name)} on conflict (${conflict}) do update set ${key} = excluded.${key}`
      return sqlState(inMyTenant(upsert, [JSON.stringify(claimed)]))
    })
    expect(outcomes).toEqual(await everywhere(FORBIDDEN))
    expect(await rowsOf(theirs.tenantId)).toEqual(before)
  })
})

describe('tables of the installation', () => {
  test.each(SHARED)('%s is closed to the app', async (name) => {
    const [right] = await owner.rows(
      `select has_table_privilege(?, ?, 'select, insert, update, delete, truncate, references')
              or has_any_column_privilege(?, ?, 'select, insert, update, references') as any_right`,
      [APP_ROLE, name, APP_ROLE, name],
    )
    expect(right).toEqual({ any_right: false })
  })
})

describe('foreign keys', () => {
  interface ForeignKey {
    name: string
    child: string
    parent: string
    columns: string[]
    referenced: string[]
  }

  async function foreignKeys(): Promise<ForeignKey[]> {
    return owner.rows<ForeignKey>(
      `select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent,
              array(select attname::text from unnest(conkey) with ordinality k(n, i)
                    join pg_attribute on attrelid = conrelid and attnum = n order by i) as columns,
              array(select attname::text from unnest(confkey) with ordinality k(n, i)
                    join pg_attribute on attrelid = confrelid and attnum = n order by i) as referenced
       from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by 1`,
    )
  }

  test('carry the tenant, all of them', async () => {
    for (const { name, parent, columns, referenced } of await foreignKeys()) {
      const expected = parent === 'tenants' ? [['tenant_id'], ['id']] : ['tenant_id', 'tenant_id']
      const actual =
        parent === 'tenants' ? [columns, referenced] : [columns.at(0), referenced.at(0)]
      expect({ name, actual }).toEqual({ name, actual: expected })
    }
  })

  test(`refuse another tenant's row, even to the owner who passes every wall`, async () => {
    const between = (await foreignKeys()).filter(({ parent }) => parent !== 'tenants')
    expect(between.length).toBeGreaterThan(10)
    for (const { name, child, parent, columns, referenced } of between) {
      const [, column = ''] = columns
      const [, target = ''] = referenced
      const outcome = await owner.outcome(
        `update ${child} set ${column} = (select ${target} from ${parent} where tenant_id = ? limit 1)
         where ctid = (select ctid from ${child} where tenant_id = ? limit 1)`,
        [theirs.tenantId, mine.tenantId],
      )
      expect({ name, outcome }).toEqual({ name, outcome: FOREIGN_KEY })
    }
  })
})

async function inTenant(tenantId: string, sql: string, parameters: unknown[]): Promise<Row[]> {
  return database.db.withTenant(tenantId, (em) => em.execute<Row[]>(sql, parameters))
}

/** A role without the right to the statement at all keeps the wall too. */
async function refused(error: unknown): Promise<Row[]> {
  expect(await sqlState(Promise.reject(error))).toBe(FORBIDDEN)
  return []
}

async function copyOf(table: string, key: string, tenantId: string): Promise<Row> {
  const [row] = await owner.rows(
    `select to_jsonb(t) as row from ${table} t where ${key} = ? limit 1`,
    [tenantId],
  )
  const copy: unknown = row?.row
  if (typeof copy !== 'object' || copy === null) throw new Error(`${table} has no row to copy.`)
  return Object.fromEntries(Object.entries(copy))
}

function freshId(id: unknown): unknown {
  return typeof id === 'number' ? id + 1_000_000 : crypto.randomUUID()
}

function insertJson(table: string): string {
  return `insert into ${table} select * from jsonb_populate_record(null::${table}, ?::jsonb)`
}

async function primaryKey(table: string): Promise<string> {
  const columns = await owner.rows(
    `select attname from pg_index
     join pg_attribute on attrelid = indrelid and attnum = any(indkey)
     where indrelid = ?::regclass and indisprimary order by attnum`,
    [table],
  )
  return columns.map(({ attname }) => String(attname)).join(', ')
}
