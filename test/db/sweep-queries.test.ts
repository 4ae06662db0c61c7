import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { enqueue } from '../../db/repositories/outbox.ts'
import {
  deleteExpired,
  overdueMessages,
  recordSweep,
  sweepSuspects,
} from '../../db/repositories/sweep-queries.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, addPost, makeTeam, type Team } from './rows.ts'
import { openSession, type Session } from './sessions.ts'

let database: TestDatabase
let owner: Session
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})
beforeEach(async () => {
  await owner.rows('truncate posts, connections, outbox, sweep_results, idempotency_keys cascade')
  team = await makeTeam(database.db)
})

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const GRACE_MS = MINUTE_MS
const FIRST = '00000000-0000-0000-0000-000000000000'

/** An instant this far from now. */
const at = (ms: number) => new Date(Date.now() + ms)

async function suspects(kind: 'post' | 'connection', limit = 100, after = FIRST) {
  const page = { after, graceMs: GRACE_MS, limit }
  return database.db.asSystem((em) => sweepSuspects(em, kind, page))
}

describe('a post is looked at', () => {
  test.each<[boolean, string, object]>([
    [true, 'while it is published', { status: 'queued' }],
    [true, 'while its outcome is open', { status: 'unconfirmed' }],
    [true, 'when it is due', { status: 'scheduled', scheduledAt: at(-MINUTE_MS) }],
    [true, 'when it is due soon', { status: 'scheduled', scheduledAt: at(5 * MINUTE_MS) }],
    [false, 'when it is due later', { status: 'scheduled', scheduledAt: at(20 * MINUTE_MS) }],
    [false, 'as a draft', { status: 'draft' }],
    [false, 'after the end', { status: 'published', postedAt: at(0) }],
    [false, 'when it is cancelled', { status: 'cancelled' }],
    [false, 'when it is deleted', { status: 'queued', deletedAt: at(0) }],
    [false, 'when it was just written', { status: 'queued', updatedAt: at(-GRACE_MS / 2) }],
  ])('%p: %s', async (isSuspect, _, data) => {
    const id = await database.db.withTenant(team.tenantId, (em) =>
      addPost(em, team, { updatedAt: at(-2 * GRACE_MS), ...data }),
    )
    const wanted = isSuspect ? [{ kind: 'post', tenantId: team.tenantId, id }] : []
    expect(await suspects('post')).toEqual(wanted)
  })
})

describe('a connection is looked at', () => {
  const LIVE = {
    ...{ status: 'active' as const, platformAccountId: 'did:plc:1' },
    ...{ connectedAt: at(0), isAuthenticated: true },
  }
  const SOON = { nextRefreshAt: at(5 * MINUTE_MS) }

  test.each<[boolean, string, object]>([
    [true, 'when its refresh is near', { status: 'active', ...SOON }],
    [true, 'when its refresh is near, in trouble', { status: 'error', ...SOON }],
    [false, 'when its refresh is far', { status: 'active', nextRefreshAt: at(60 * MINUTE_MS) }],
    [true, 'the day it was written, without a refresh', { status: 'active' }],
    [false, 'later, without a refresh', { status: 'active', updatedAt: at(-2 * DAY_MS) }],
    [false, 'when it is revoked', { status: 'revoked', ...SOON }],
    [false, 'when it expired', { status: 'expired', ...SOON }],
    [false, 'when it ended', { status: 'disconnected', disconnectedAt: at(0), ...SOON }],
    [false, 'when it was just written', { ...SOON, updatedAt: at(-GRACE_MS / 2) }],
  ])('%p: %s', async (isSuspect, _, data) => {
    const id = await database.db.withTenant(team.tenantId, (em) =>
      addConnection(em, team, { ...LIVE, updatedAt: at(-2 * GRACE_MS), ...data }),
    )
    const wanted = isSuspect ? [{ kind: 'connection', tenantId: team.tenantId, id }] : []
    expect(await suspects('connection')).toEqual(wanted)
  })
})

test('pages show every suspect of every tenant once', async () => {
  const teams = [team, await makeTeam(database.db)]
  const written: string[] = []
  for (const one of [...teams, ...teams, team]) {
    const post = { status: 'queued' as const, updatedAt: at(-2 * GRACE_MS) }
    written.push(await database.db.withTenant(one.tenantId, (em) => addPost(em, one, post)))
  }
  const seen: string[] = []
  for (let after = FIRST; ; ) {
    const page = await suspects('post', 2, after)
    expect(page.length).toBeLessThanOrEqual(2)
    seen.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    if (last === undefined) break
    after = last.id
  }
  expect(seen).toEqual(written.toSorted())
})

test('messages are overdue when nobody delivered them in time', async () => {
  const { tenantId } = team
  for (const age of ['2 minutes', '10 seconds', '2 minutes']) {
    const message = { tenantId, kind: 'post_changed' as const, aggregateId: randomUUID() }
    const id = await database.db.withTenant(tenantId, (em) => enqueue(em, message))
    const sql = 'update outbox set created_at = now() - ?::interval where id = ?'
    await owner.rows(sql, [age, id])
  }
  const count = () => database.db.asSystem((em) => overdueMessages(em, GRACE_MS))
  expect(await count()).toBe(2)
  await owner.rows('update outbox set processed_at = now() where id = (select min(id) from outbox)')
  expect(await count()).toBe(1)
})

test('what sweeps found is kept for a week', async () => {
  for (const age of ['8 days', '6 days']) {
    await owner.rows(
      `insert into sweep_results (at, disagreements, detail) values (now() - ?::interval, 9, '{}')`,
      [age],
    )
  }
  const detail = { checked: 3, poked: 1 }
  await database.db.asSystem((em) => recordSweep(em, 1, detail))
  const kept = await owner.rows('select disagreements, detail from sweep_results order by at')
  expect(kept).toEqual([
    { disagreements: 9, detail: {} },
    { disagreements: 1, detail },
  ])
})

test('only what is over is deleted', async () => {
  const { tenantId } = team
  await owner.rows(
    `insert into outbox (tenant_id, kind, aggregate_id, processed_at, last_error)
     select ?, 'post_changed', gen_random_uuid(), now() - age, word
     from (values (interval '2 days', 'old'), (interval '1 hour', 'young'), (null, 'open'))
       as n(age, word)`,
    [tenantId],
  )
  await owner.rows(
    `insert into idempotency_keys (tenant_id, key, operation, fingerprint, locked_until, expires_at)
     select ?, word, 'o', 'f', now(), now() + age
     from (values (interval '-1 second', 'over'), (interval '1 hour', 'live')) as n(age, word)`,
    [tenantId],
  )
  await database.db.asSystem(deleteExpired)
  const messages = await owner.rows('select last_error from outbox order by 1')
  expect(messages.map(({ last_error }) => last_error)).toEqual(['open', 'young'])
  expect(await owner.rows('select key from idempotency_keys')).toEqual([{ key: 'live' }])
})
