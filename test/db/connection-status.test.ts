import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { limitConnection } from '../../db/repositories/connection-limits.ts'
import type { ConnectionIds } from '../../db/repositories/connection-status.ts'
import {
  beginRefresh,
  recordDead,
  recordDisconnected,
  recordRefreshTrouble,
  recordValidated,
} from '../../db/repositories/connection-status.ts'
import type { ConnectionStatus } from '../../domain/connection-state.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'
import { openSession, type Row, type Session } from './sessions.ts'

let database: TestDatabase
let owner: Session
let team: Team
let ids: ConnectionIds

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})
beforeEach(async () => {
  team = await makeTeam(database.db)
  ids = await newConnection()
})

const NEXT_AT = new Date('2026-12-01T09:00:00Z')
const VERSION = 3
const ERROR = { code: 'gone', message: 'The platform dropped the access.' }

function inTenant<T>(work: Parameters<typeof database.db.withTenant<T>>[1]): Promise<T> {
  return database.db.withTenant(team.tenantId, work)
}

async function newConnection(status: ConnectionStatus = 'active'): Promise<ConnectionIds> {
  const connectionId = await inTenant((em) =>
    addConnection(em, team, {
      ...{ status, tokenVersion: VERSION, platformAccountId: crypto.randomUUID() },
      ...{ connectedAt: new Date(), isAuthenticated: true, nextRefreshAt: NEXT_AT },
      disconnectedAt: status === 'disconnected' ? new Date() : null,
    }),
  )
  return { tenantId: team.tenantId, connectionId }
}

async function row({ connectionId } = ids): Promise<Row> {
  const [found] = await owner.rows('select * from connections where id = ?', [connectionId])
  return Object.fromEntries(
    Object.entries(found ?? {}).map(([name, value]) => [name, dated(value)]),
  )
}

/** The driver answers instants as text. */
function dated(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:/.test(value) ? new Date(value) : value
}

function events(): Promise<Row[]> {
  const sql = `select seq::int, type, detail, actor_id from connection_events
    where connection_id = ? order by connection_events.seq`
  return owner.rows(sql, [ids.connectionId])
}

/** That the work leaves the connection and its history as they were. */
async function expectUnchanged(work: () => Promise<unknown>): Promise<void> {
  const before = { row: await row(), events: await events() }
  await work()
  expect({ row: await row(), events: await events() }).toEqual(before)
}

const OVER: readonly ConnectionStatus[] = ['expired', 'revoked', 'disconnected', 'pending']

describe('a refresh', () => {
  const begin = (version = VERSION) => inTenant((em) => beginRefresh(em, ids, version))

  test('begins, and knows when an earlier one never told its end', async () => {
    expect(await begin()).toEqual({ begun: true, interrupted: false })
    expect(await row()).toMatchObject({ refresh_started_at: expect.any(Date) })
    expect(await begin()).toEqual({ begun: true, interrupted: true })
  })

  test.each([VERSION - 1, VERSION + 1])('does not begin with version %i', async (version) => {
    await expectUnchanged(async () => {
      expect(await begin(version)).toEqual({ begun: false, interrupted: false })
    })
  })

  test.each(OVER)('does not begin for a connection that is %s', async (status) => {
    ids = await newConnection(status)
    await expectUnchanged(async () => {
      expect(await begin()).toEqual({ begun: false, interrupted: false })
    })
  })

  test('does not begin in another tenant', async () => {
    const other = await makeTeam(database.db)
    const foreign = { ...ids, tenantId: other.tenantId }
    const begun = await database.db.withTenant(other.tenantId, (em) =>
      beginRefresh(em, foreign, VERSION),
    )
    expect(begun.begun).toBe(false)
    expect(await row()).toMatchObject({ refresh_started_at: null })
  })
})

describe('trouble with a refresh', () => {
  const LATER = new Date('2026-12-02T09:00:00Z')
  const trouble = { ...ERROR, nextTryAt: LATER, answered: true, isRefusal: false }
  const record = (more: object = {}, version = VERSION) =>
    inTenant((em) => recordRefreshTrouble(em, ids, version, { ...trouble, ...more }))

  test('is counted and told, and the account stays connected', async () => {
    await record()
    await record()
    expect(await row()).toMatchObject({
      ...{ status: 'active', refresh_failures: 2, next_refresh_at: LATER, is_authenticated: true },
      last_error: { ...ERROR, at: expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    const told = { type: 'refresh_failed', detail: { code: 'gone' }, actor_id: null }
    expect(await events()).toEqual([
      { seq: 1, ...told },
      { seq: 2, ...told },
    ])
  })

  test('is an error after five refusals in a row, and stays one', async () => {
    for (const isRefusal of [true, true, true, true, false, true, true, true, true]) {
      await record({ isRefusal })
      expect(await row()).toMatchObject({ status: 'active' })
    }
    await record({ isRefusal: true })
    expect(await row()).toMatchObject({ status: 'error', refresh_failures: 10 })
    await record()
    expect(await row()).toMatchObject({ status: 'error', refresh_failures: 11 })
  })

  test.each([true, false])(
    'answered (%p) says whether the call may have used the token',
    async (a) => {
      await inTenant((em) => beginRefresh(em, ids, VERSION))
      await record({ answered: a })
      const begun = await inTenant((em) => beginRefresh(em, ids, VERSION))
      expect(begun).toEqual({ begun: true, interrupted: !a })
    },
  )

  test('of an older token changes nothing', () => expectUnchanged(() => record({}, VERSION - 1)))

  test.each(OVER)('of a connection that is %s changes nothing', async (status) => {
    ids = await newConnection(status)
    await expectUnchanged(() => record())
  })
})

describe('a dead grant', () => {
  const record = (version = VERSION) =>
    inTenant((em) => recordDead(em, ids, version, 'revoked', ERROR))

  test('ends refreshing and says what to do', async () => {
    await inTenant((em) => beginRefresh(em, ids, VERSION))
    expect(await record()).toBe(true)
    expect(await row()).toMatchObject({
      ...{ status: 'revoked', next_refresh_at: null, refresh_started_at: null },
      ...{ is_authenticated: false, last_error: expect.objectContaining(ERROR) },
    })
    const detail = { status: 'revoked', code: 'gone' }
    expect(await events()).toEqual([{ seq: 1, type: 'needs_reconnect', detail, actor_id: null }])
  })

  test('is recorded once', async () => {
    await record()
    await expectUnchanged(async () => expect(await record()).toBe(false))
  })

  test('proves nothing about newer tokens', () =>
    expectUnchanged(async () => expect(await record(VERSION - 1)).toBe(false)))

  test.each(OVER)('of a connection that is %s is no news', async (status) => {
    ids = await newConnection(status)
    await expectUnchanged(async () => expect(await record()).toBe(false))
  })
})

describe('a disconnect', () => {
  const end = (actorId: string | null) => inTenant((em) => recordDisconnected(em, ids, actorId))

  test.each(['active', 'error', 'expired', 'revoked'] as const)(
    'ends one that is %s',
    async (s) => {
      ids = await newConnection(s)
      await end(team.adminId)
      expect(await row()).toMatchObject({
        ...{ status: 'disconnected', disconnected_at: expect.any(Date), is_authenticated: false },
        ...{ next_refresh_at: null, refresh_started_at: null },
      })
      expect(await events()).toEqual([
        { seq: 1, type: 'disconnected', detail: {}, actor_id: team.adminId },
      ])
    },
  )

  test('is told once', async () => {
    await end(team.adminId)
    await expectUnchanged(() => end(null))
  })
})

describe('a validated account', () => {
  const account = { handle: 'new.example', displayName: 'New', profileImageUrl: 'https://i/2' }
  const validate = (more: object = {}) =>
    inTenant((em) => recordValidated(em, ids, { ...account, ...more }))

  test('is called what it calls itself now', async () => {
    await validate()
    expect(await row()).toMatchObject({
      ...{ account_handle: 'new.example', display_name: 'New', profile_image_url: 'https://i/2' },
      last_validated_at: expect.any(Date),
    })
  })

  test('keeps what it no longer says', async () => {
    await validate()
    await validate({ handle: 'newer.example', displayName: null, profileImageUrl: null })
    expect(await row()).toMatchObject({
      ...{ account_handle: 'newer.example', display_name: 'New', profile_image_url: 'https://i/2' },
    })
  })
})

describe('a platform’s "wait"', () => {
  const SOON = new Date('2030-01-01T00:00:00Z')
  const LATE = new Date('2030-01-01T01:00:00Z')
  let targetId: string

  beforeEach(async () => {
    targetId = await inTenant(async (em) => {
      const postId = await addPost(em, team)
      return addTarget(em, team, { postId, connectionId: ids.connectionId })
    })
  })

  const limit = (until: Date, tenantId = team.tenantId) =>
    database.db.withTenant(tenantId, (em) => limitConnection(em, { tenantId, targetId }, until))

  test('is for the target’s connection, and for no other', async () => {
    const other = await newConnection()
    await limit(SOON)
    expect(await row()).toMatchObject({ rate_limited_until: SOON })
    expect(await row(other)).toMatchObject({ rate_limited_until: null })
  })

  test.each([
    [SOON, LATE],
    [LATE, SOON],
  ])('of %j and %j counts to the later one', async (first, second) => {
    await limit(first)
    await limit(second)
    expect(await row()).toMatchObject({ rate_limited_until: LATE })
  })

  test('of another tenant is not heard', async () => {
    await limit(SOON, (await makeTeam(database.db)).tenantId)
    expect(await row()).toMatchObject({ rate_limited_until: null })
  })
})
