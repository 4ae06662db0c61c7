import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { migrate, revert, status } from '../../db/migrate.ts'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import { APP_ROLE, openDatabase, SYSTEM_ROLE } from '../../db/open-database.ts'
import { emptyDatabase } from '../support/database.ts'
import { databaseServer } from '../support/postgres.ts'
import { makeFilledTeam } from './rows.ts'
import { describeSchema } from './schema-description.ts'
import { loginUrl, openSession } from './sessions.ts'

const NAMES = MIGRATIONS.map(({ name }) => name)

describe('migrations', () => {
  let url: string
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ url, drop } = await emptyDatabase())
  })
  afterAll(() => drop())

  test('are numbered without gaps', () => {
    const numbers = NAMES.map((name) => Number(name.slice(0, 3)))
    expect(numbers).toEqual(NAMES.map((_, index) => index + 1))
  })

  test.each(NAMES)('%s runs, reverts to exactly what was before, and runs again', async (name) => {
    const before = await describeSchema(url)
    expect(await migrate(url, { to: name })).toEqual([name])
    const after = await describeSchema(url)
    expect(after).not.toEqual(before)
    expect(await revert(url)).toEqual([name])
    // The migrations table itself appears with the first look and stays.
    expect(await describeSchema(url)).toEqual(before)
    expect(await migrate(url, { to: name })).toEqual([name])
    expect(await describeSchema(url)).toEqual(after)
  })

  test('a second run finds nothing to do', async () => {
    expect(await migrate(url)).toEqual([])
    const statuses = await status(url)
    expect(statuses.map(({ name }) => name)).toEqual(NAMES)
    expect(statuses.every(({ executedAt }) => executedAt instanceof Date)).toBe(true)
  })

  test('revert to a name keeps that one', async () => {
    const [first = ''] = NAMES
    expect(await revert(url, { to: first })).toEqual(NAMES.slice(1).toReversed())
    const executed = (await status(url)).filter(({ executedAt }) => executedAt !== null)
    expect(executed.map(({ name }) => name)).toEqual([first])
  })

  test('revert to an unknown name is refused and changes nothing', async () => {
    const before = await describeSchema(url)
    await expect(revert(url, { to: '999-none' })).rejects.toThrow('999-none')
    expect(await describeSchema(url)).toEqual(before)
  })

  test('of two at once one does the work and the other finds it done', async () => {
    const runs = await Promise.all([migrate(url), migrate(url)])
    expect(runs.toSorted((a, b) => a.length - b.length)).toEqual([[], NAMES.slice(1)])
  })

  test('databases of one cluster migrate at once, although roles are shared', async () => {
    const others = await Promise.all([emptyDatabase(), emptyDatabase(), emptyDatabase()])
    const runs = await Promise.all(others.map((other) => migrate(other.url)))
    await Promise.all(others.map((other) => other.drop()))
    expect(runs).toEqual([NAMES, NAMES, NAMES])
  })

  test('an owner who is no superuser migrates and serves', async () => {
    const empty = await emptyDatabase()
    const owner = `owner_${randomUUID().slice(0, 8)}`
    const superuser = openSession(empty.url)
    await superuser.rows(`create role ${owner} login password 'pw'`)
    // What PostgreSQL 16 gives to the creator of a role.
    await superuser.rows(
      `grant ${APP_ROLE}, ${SYSTEM_ROLE} to ${owner} with admin true, inherit false, set false`,
    )
    const name = new URL(empty.url).pathname.slice(1)
    await superuser.rows(`alter database ${name} owner to ${owner}`)
    const ownerUrl = loginUrl(empty.url, owner)
    expect(await migrate(ownerUrl, { to: NAMES[5] })).toEqual(NAMES.slice(0, 6))
    await addAccountsOfBefore(superuser)
    expect(await migrate(ownerUrl)).toEqual(NAMES.slice(6))
    // Their tokens go on being renewed, in the way that they were connected by.
    const ways = 'select platform, method, refresh_model from connections order by platform'
    expect(await superuser.rows(ways)).toEqual([
      { platform: 'bluesky', method: 'app_password', refresh_model: 'rotating' },
      { platform: 'mastodon', method: 'oauth2', refresh_model: 'none' },
      { platform: 'x', method: 'oauth2', refresh_model: 'rotating' },
    ])
    const db = await openDatabase({ url: ownerUrl })
    const team = await makeFilledTeam(db)
    const count = 'select count(*)::int as posts from posts'
    expect(await db.withTenant(team.tenantId, (em) => em.execute(count))).toEqual([{ posts: 1 }])
    await db.close()
    // FORCE: the owner too sees nothing without naming a tenant.
    const session = openSession(ownerUrl)
    expect(await session.rows(count)).toEqual([{ posts: 0 }])
    await session.close()
    expect(await revert(ownerUrl, { to: NAMES[0] ?? '' })).toHaveLength(NAMES.length - 1)
    await superuser.close()
    await empty.drop()
    const maintenance = openSession((await databaseServer()).url)
    await maintenance.rows(`revoke ${APP_ROLE}, ${SYSTEM_ROLE} from ${owner} cascade`)
    await maintenance.rows(`drop role ${owner}`)
    await maintenance.close()
  })
})

/** One connection of each platform there was, as the sixth migration left the tables. */
async function addAccountsOfBefore(session: ReturnType<typeof openSession>): Promise<void> {
  await session.rows(`
    with tenant as (
      insert into tenants (slug, name) values ('before', 'Before') returning id
    ), author as (
      insert into users (tenant_id, email, display_name)
      select id, 'a@before.example', 'A' from tenant returning tenant_id, id
    )
    insert into connections (tenant_id, user_id, platform)
    select tenant_id, id, platform from author, unnest(array['x', 'bluesky', 'mastodon']) platform`)
}
