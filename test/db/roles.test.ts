import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { APP_ROLE } from '../../db/open-database.ts'
import { asRole } from '../../db/orm.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type FilledTeam, makeFilledTeam, makeTeam } from './rows.ts'
import { FORBIDDEN, openSession, type Session, sqlState } from './sessions.ts'

let database: TestDatabase
let owner: Session
let app: Session
let mine: FilledTeam

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
  app = openSession(asRole(database.url, APP_ROLE))
  mine = await makeFilledTeam(database.db)
  await makeFilledTeam(database.db)
})
afterAll(async () => {
  await Promise.all([owner.close(), app.close()])
  await database.drop()
})

describe('the serving roles', () => {
  test('own nothing, bypass nothing and cannot log in by themselves', async () => {
    const roles = await owner.rows(
      `select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin,
              exists (select from pg_class where relowner = r.oid) as owns
       from pg_roles r where rolname like 'clarion\\_%' order by 1`,
    )
    const harmless = {
      ...{ rolsuper: false, rolbypassrls: false, rolcreaterole: false },
      ...{ rolcreatedb: false, rolcanlogin: false, owns: false },
    }
    expect(roles).toEqual([
      { rolname: 'clarion_app', ...harmless },
      { rolname: 'clarion_system', ...harmless },
    ])
  })

  test('may not truncate, which row-level security does not cover', async () => {
    const may = await owner.rows(
      `select rolname, c.relname from pg_roles, pg_class c
       where rolname like 'clarion\\_%' and relkind in ('r', 'p')
         and relnamespace = 'public'::regnamespace
         and has_table_privilege(rolname, c.oid, 'truncate')`,
    )
    expect(may).toEqual([])
  })

  test('RESET ROLE does not leave the role', async () => {
    await app.rows('reset role')
    expect(await app.rows('select current_user as role')).toEqual([{ role: 'clarion_app' }])
  })

  test('the tenant ends with the transaction', async () => {
    const setting = `select current_setting('app.tenant_id', true) as tenant`
    const inside = await database.db.withTenant(mine.tenantId, (em) => em.execute(setting))
    expect(inside).toEqual([{ tenant: mine.tenantId }])
    const { tenantId } = await makeTeam(database.db)
    const seen = await database.db.withTenant(tenantId, (em) => em.execute('select id from posts'))
    expect(seen).toEqual([])
  })

  test('audit and event logs are append-only', async () => {
    for (const table of ['audit_log', 'post_events', 'connection_events']) {
      expect(await app.outcome(`update ${table} set tenant_id = tenant_id`)).toBe(FORBIDDEN)
      expect(await app.outcome(`delete from ${table}`)).toBe(FORBIDDEN)
    }
  })

  test('the system role sees rows of all tenants', async () => {
    const seen = await database.db.asSystem((em) => em.execute('select id from posts'))
    expect(seen.length).toBeGreaterThanOrEqual(2)
  })

  test.each([
    'select content from posts',
    'select * from post_targets',
    'select failure_message from publish_attempts',
    'select ciphertext from connection_tokens',
    'select client_secret_ciphertext from app_registrations',
    'select code_verifier_ciphertext from oauth_sessions',
    'select response_body from idempotency_keys',
    'select 1 from audit_log',
    `update posts set status = 'draft'`,
    'delete from posts',
    'update api_keys set revoked_at = null',
    'update outbox set payload = null',
    'insert into users (email) values (null)',
  ])('the system role may not %s', async (sql) => {
    const outcome = sqlState(database.db.asSystem((em) => em.execute(sql)))
    expect(await outcome).toBe(FORBIDDEN)
  })

  test('the system role deletes only what has expired or is done', async () => {
    const kept = await database.db.asSystem(async (em) => ({
      keys: await em.execute('delete from idempotency_keys returning key'),
      outbox: await em.execute('delete from outbox returning id'),
    }))
    expect(kept).toEqual({ keys: [], outbox: [] })
  })
})
