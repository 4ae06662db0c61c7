import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DatabaseMisconfigured, DatabaseUnavailable } from '../../db/database-errors.ts'
import { Post } from '../../db/entities/post.ts'
import { APP_ROLE, openDatabase, SYSTEM_ROLE } from '../../db/open-database.ts'
import { asRole } from '../../db/orm.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'
import { addPost, makeTeam, type Team } from './rows.ts'
import { loginUrl, openSession } from './sessions.ts'

let database: TestDatabase
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
})
afterAll(() => database.drop())

const CONTENT = 'select content from posts where id = ?'

describe('withTenant', () => {
  test('keeps what was done, changes of entities included', async () => {
    const { db } = database
    const id = await db.withTenant(team.tenantId, (em) => addPost(em, team))
    await db.withTenant(team.tenantId, async (em) => {
      const post = await em.findOneOrFail(Post, { id })
      post.content = 'Changed'
    })
    const rows = await db.withTenant(team.tenantId, (em) => em.execute(CONTENT, [id]))
    expect(rows).toEqual([{ content: 'Changed' }])
  })

  test('keeps nothing of work that throws, and throws the same error', async () => {
    const { db } = database
    const id = randomUUID()
    const failure = new Error('no')
    const work = db.withTenant(team.tenantId, async (em) => {
      await addPost(em, team, { id })
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    expect(await db.withTenant(team.tenantId, (em) => em.execute(CONTENT, [id]))).toEqual([])
  })

  test('does not blame the database for a connection that the work itself was refused', async () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const work = database.db.withTenant(team.tenantId, () => Promise.reject(refused))
    await expect(work).rejects.toBe(refused)
  })

  test('nested transactions are savepoints within it', async () => {
    const { db } = database
    const kept = randomUUID()
    const dropped = randomUUID()
    await db.withTenant(team.tenantId, async (em) => {
      await addPost(em, team, { id: kept })
      const inner = em.transactional(async (nested) => {
        await addPost(nested, team, { id: dropped })
        throw new Error('inner')
      })
      await expect(inner).rejects.toThrow('inner')
    })
    const read = (id: string) => db.withTenant(team.tenantId, (em) => em.execute(CONTENT, [id]))
    expect(await read(kept)).toHaveLength(1)
    expect(await read(dropped)).toEqual([])
  })

  test.each([`' or true --`, '', 'null', `${randomUUID()}'`])(
    'refuses the tenant %p',
    async (id) => {
      await expect(database.db.withTenant(id, async () => 1)).rejects.toThrow(TypeError)
    },
  )

  test('gives every session back, whatever the work does', async () => {
    const db = await openDatabase({ url: database.url, poolMax: 1, connectTimeoutMs: 5_000 })
    for (let round = 0; round < 5; round++) {
      const broken = db.withTenant(team.tenantId, (em) => em.execute('select 1/0'))
      await expect(broken).rejects.toMatchObject({ code: '22012' })
    }
    expect(await db.withTenant(team.tenantId, (em) => em.execute('select 1 as one'))).toEqual([
      { one: 1 },
    ])
    await db.close()
  })

  test('a deferred constraint is refused at COMMIT as what it is', async () => {
    const owner = openSession(database.url)
    await owner.rows('create table slots (n integer unique deferrable initially deferred)')
    await owner.rows('grant insert on slots to clarion_app')
    await owner.close()
    const work = database.db.withTenant(team.tenantId, (em) =>
      em.execute('insert into slots values (1), (1)'),
    )
    await expect(work).rejects.toMatchObject({ code: '23505' })
  })

  test('a serialization failure is a conflict that may be tried again', async () => {
    const { db } = database
    const id = await db.withTenant(team.tenantId, (em) => addPost(em, team))
    const serializable = { isolationLevel: 'repeatable read' } as const
    const slow = db.withTenant(
      team.tenantId,
      async (em) => {
        await em.execute('select 1 from posts where id = ?', [id])
        await db.withTenant(team.tenantId, (other) =>
          other.execute(`update posts set notes = 'first' where id = ?`, [id]),
        )
        await em.execute(`update posts set notes = 'second' where id = ?`, [id])
      },
      serializable,
    )
    const error = await slow.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DatabaseUnavailable)
    expect(error).toMatchObject({ reason: 'conflict', outcomeUnknown: false })
  })

  test('read-only transactions cannot write', async () => {
    const work = database.db.withTenant(team.tenantId, (em) => addPost(em, team), {
      readOnly: true,
    })
    await expect(work).rejects.toMatchObject({ code: '25006' })
  })
})

describe('openDatabase', () => {
  test('serves each role by its own login', async () => {
    const owner = openSession(database.url)
    const name = `login_${randomUUID().slice(0, 8)}`
    await owner.rows(`create role ${name}_app login password 'pw' in role ${APP_ROLE}`)
    await owner.rows(`create role ${name}_system login password 'pw' in role ${SYSTEM_ROLE}`)
    const db = await openDatabase({
      url: 'postgres://nobody@127.0.0.1:1/none',
      appUrl: loginUrl(database.url, `${name}_app`),
      systemUrl: loginUrl(database.url, `${name}_system`),
    })
    const who = await db.withTenant(team.tenantId, (em) =>
      em.execute('select current_user as name, (select count(*)::int from tenants) as tenants'),
    )
    await db.close()
    await owner.rows(`drop role ${name}_app, ${name}_system`)
    await owner.close()
    expect(who).toEqual([{ name: `${name}_app`, tenants: 1 }])
  })

  test('refuses a login that row-level security does not bind', async () => {
    const opening = openDatabase({ url: database.url, appUrl: database.url })
    await expect(opening).rejects.toThrow(DatabaseMisconfigured)
    await expect(opening).rejects.toThrow('bypass')
  })

  test('refuses a database without tables and says what to do', async () => {
    const empty = await emptyDatabase()
    await expect(openDatabase({ url: empty.url })).rejects.toThrow('npm run migrate')
    await empty.drop()
  })

  test('tells that nobody listens', async () => {
    const opening = openDatabase({ url: 'postgres://clarion@127.0.0.1:1/clarion' })
    await expect(opening).rejects.toBeInstanceOf(DatabaseUnavailable)
  })

  test('keeps session options that the URL has already', () => {
    const url = asRole('postgres://u@h/db?sslmode=require&options=-c%20geqo%3Doff', APP_ROLE)
    const { searchParams } = new URL(url)
    expect(searchParams.get('options')).toBe('-c geqo=off -c role=clarion_app')
    expect(searchParams.get('sslmode')).toBe('require')
  })
})
