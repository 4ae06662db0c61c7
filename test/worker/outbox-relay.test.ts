import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { OutboxKind } from '../../db/repositories/outbox.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { type Relay, startRelay } from '../../worker/outbox-relay.ts'
import { makeTeam, type Team } from '../db/rows.ts'
import { openSession, type Row, type Session } from '../db/sessions.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase
let owner: Session
let team: Team
let relay: Relay | undefined

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})
beforeEach(async () => {
  await owner.rows('delete from outbox')
  team = await makeTeam(database.db)
})
afterEach(() => relay?.stop())

async function write(kind: OutboxKind, count = 1): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID())
  const { tenantId } = team
  await database.db.withTenant(tenantId, async (em) => {
    for (const aggregateId of ids) await enqueue(em, { tenantId, kind, aggregateId })
  })
  return ids
}

/** Relays until `rounds` rounds were made; answers what Temporal was told. */
async function relayed(rounds: number, fail: (id: string) => boolean = () => false) {
  const told: string[] = []
  const warned: string[] = []
  const counts: number[] = []
  const done = Promise.withResolvers<void>()
  const tell = (how: string) => async (kind: string, tenantId: string, id: string) => {
    if (fail(id)) throw new Error('no server')
    told.push(`${how} ${kind} ${id} of ${tenantId === team.tenantId ? 'mine' : tenantId}`)
  }
  const warn = (_: object, message: string) => warned.push(message)
  relay = startRelay({
    ...{ db: database.db, start: tell('start'), poke: tell('poke'), everyMs: 1 },
    log: { info: warn, warn, error: warn },
    onRelayed: (messages) => {
      counts.push(messages)
      if (counts.length === rounds) done.resolve()
    },
  })
  await done.promise
  await relay.stop()
  return { told, warned, counts: counts.slice(0, rounds) }
}

function open(): Promise<Row[]> {
  return owner.rows('select last_error, attempts from outbox where processed_at is null')
}

test.each<[OutboxKind, string]>([
  ['post_start', 'start post'],
  ['post_changed', 'poke post'],
  ['connection_start', 'start connection'],
  ['connection_changed', 'poke connection'],
])('%s is told as %s, once', async (kind, words) => {
  const [id] = await write(kind)
  const { told, counts } = await relayed(2)
  expect(told).toEqual([`${words} ${id} of mine`])
  expect(counts).toEqual([1, 0])
  expect(await open()).toEqual([])
})

test('a message that cannot be told waits, and holds up none of the others', async () => {
  const [bad, ...good] = await write('post_changed', 3)
  const { told, warned, counts } = await relayed(2, (id) => id === bad)
  expect(told).toEqual(good.map((id) => `poke post ${id} of mine`))
  expect(counts).toEqual([2, 0])
  expect(warned).toEqual(['an outbox message waits for the next try'])
  expect(await open()).toEqual([{ last_error: 'no server', attempts: 1 }])
})

test('a backlog is told in batches, without a pause between full ones', async () => {
  await write('post_changed', 250)
  const { told, counts } = await relayed(3)
  expect(counts).toEqual([100, 100, 50])
  expect(new Set(told).size).toBe(250)
})

test('a stop wakes the relay from a long pause', async () => {
  const rounds = Promise.withResolvers<void>()
  const tell = async () => {}
  const log = { info: tell, warn: tell, error: tell }
  const everyMs = 3_600_000
  const { db } = database
  const onRelayed = () => rounds.resolve()
  const sleeping = startRelay({ db, start: tell, poke: tell, log, everyMs, onRelayed })
  await rounds.promise
  await expect(sleeping.stop()).resolves.toBeUndefined()
})
