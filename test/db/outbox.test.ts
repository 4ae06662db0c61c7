import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { OutboxKind } from '../../db/repositories/outbox.ts'
import { enqueue, leaseMessages, markFailed, markProcessed } from '../../db/repositories/outbox.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { makeTeam, type Team } from './rows.ts'
import { openSession, type Session } from './sessions.ts'

let database: TestDatabase
let owner: Session
let teams: Team[]

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
  teams = [await makeTeam(database.db), await makeTeam(database.db)]
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})
beforeEach(() => owner.rows('delete from outbox'))

const LEASE_MS = 30_000

async function write(count: number, kind: OutboxKind = 'post_changed'): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const tenantId = teams[index % teams.length]?.tenantId ?? ''
    const message = { tenantId, kind, aggregateId: randomUUID() }
    ids.push(await database.db.withTenant(tenantId, (em) => enqueue(em, message)))
  }
  return ids
}

async function lease(limit: number): Promise<string[]> {
  const leased = await database.db.asSystem((em) => leaseMessages(em, limit, LEASE_MS))
  return leased.map(({ id }) => id)
}

function fail(id: string, error: string): Promise<void> {
  return database.db.asSystem((em) => markFailed(em, id, error))
}

function process(...ids: string[]): Promise<void> {
  return database.db.asSystem((em) => markProcessed(em, ids))
}

/** As if the lease, or the wait after a failure, were over. */
function makeAvailable(): Promise<unknown> {
  return owner.rows(`update outbox set available_at = now() - interval '1 second'`)
}

async function rowOf(id: string) {
  const [row] = await owner.rows(
    `select attempts, last_error, processed_at,
       round(extract(epoch from available_at - now()))::int as wait_s from outbox where id = ?`,
    [id],
  )
  return row
}

describe('the outbox', () => {
  test('tells of every tenant what was written, in that order', async () => {
    const [mine, theirs] = teams
    const written = await write(2, 'connection_start')
    const leased = await database.db.asSystem((em) => leaseMessages(em, 10, LEASE_MS))
    expect(leased).toEqual([
      {
        ...{ id: written[0], tenantId: mine?.tenantId, kind: 'connection_start' },
        aggregateId: expect.any(String),
      },
      {
        ...{ id: written[1], tenantId: theirs?.tenantId, kind: 'connection_start' },
        aggregateId: expect.any(String),
      },
    ])
  })

  test('holds nothing of a transaction that was undone', async () => {
    const [team] = teams
    const tenantId = team?.tenantId ?? ''
    const undone = database.db.withTenant(tenantId, async (em) => {
      await enqueue(em, { tenantId, kind: 'post_start', aggregateId: randomUUID() })
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await lease(10)).toEqual([])
  })

  test('gives the oldest first, as many as were asked for', async () => {
    const written = await write(5)
    expect(await lease(2)).toEqual(written.slice(0, 2))
    expect(await lease(10)).toEqual(written.slice(2))
  })

  test('gives a leased message to nobody else until the lease ends', async () => {
    const [id = ''] = await write(1)
    expect(await lease(10)).toEqual([id])
    expect(await lease(10)).toEqual([])
    expect(await rowOf(id)).toMatchObject({ attempts: 1, wait_s: LEASE_MS / 1000 })
    await makeAvailable()
    expect(await lease(10)).toEqual([id])
    expect(await rowOf(id)).toMatchObject({ attempts: 2 })
  })

  test('gives no message to two relays at once', async () => {
    const written = await write(24)
    const taken = await Promise.all(Array.from({ length: 4 }, () => lease(6)))
    const all = taken.flat()
    expect(new Set(all).size).toBe(all.length)
    // A relay passes over rows another one holds: what is left comes with the next round.
    const rest = await lease(24)
    expect([...all, ...rest].sort()).toEqual(written.sort())
  })
})

describe('a message that was delivered', () => {
  test('is never given again', async () => {
    const [done = '', open = ''] = await write(2)
    await lease(10)
    await fail(done, 'down')
    await process(done)
    await makeAvailable()
    expect(await lease(10)).toEqual([open])
    expect(await rowOf(done)).toMatchObject({ last_error: null, processed_at: expect.anything() })
  })

  test('keeps the instant of its first delivery, and no later failure', async () => {
    const [id = ''] = await write(1)
    await process(id)
    await owner.rows(`update outbox set processed_at = '2026-01-01T00:00:00Z' where id = ?`, [id])
    await process(id)
    await fail(id, 'late word of another relay')
    const [row] = await owner.rows(
      `select processed_at = '2026-01-01T00:00:00Z' as same, last_error from outbox where id = ?`,
      [id],
    )
    expect(row).toEqual({ same: true, last_error: null })
  })
})

describe('a message that failed', () => {
  test.each([
    [1, 1],
    [7, 7],
    [30, 30],
    [500, 30],
  ])('after try %i waits %i s', async (attempts, seconds) => {
    const [id = ''] = await write(1)
    await owner.rows('update outbox set attempts = ? where id = ?', [attempts, id])
    await fail(id, 'down')
    expect(await rowOf(id)).toMatchObject({ wait_s: seconds, last_error: 'down' })
    expect(await lease(10)).toEqual([])
  })

  test('keeps the beginning of long words', async () => {
    const [id = ''] = await write(1)
    await fail(id, `begin${'x'.repeat(2_000)}`)
    const row = await rowOf(id)
    expect(String(row?.last_error)).toMatch(/^beginx{495}$/)
  })
})
