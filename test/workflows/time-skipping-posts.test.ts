import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Activities } from '../../activities/index.ts'
import { applyEvent, type PostEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { PostOutcome } from '../../workflows/contract.ts'
import { PostProcess } from '../../workflows/post-process.ts'
import { postStart } from '../../workflows/start-options.ts'
import { aPost, commanded, ended } from '../support/post-states.ts'
import { type SkippingTime, skipTime } from '../support/time-skipping.ts'

/** A row in memory, and what the activities were asked at which instant of the workflow's time. */

const DAY_MS = 24 * 60 * 60_000
const rows = new Map<string, PostState>()
let calls: { name: string; atMs: number; dueAt?: number | null; code?: string }[] = []
let publishEnds: 'published' | 'unconfirmed' = 'published'
let time: SkippingTime

async function note(name: string, more: object = {}): Promise<void> {
  calls.push({ name, atMs: await time.nowMs(), ...more })
}

function write(postId: string, ...events: PostEvent[]): PostState {
  const row = rows.get(postId) ?? aPost()
  const next = events.reduce(applyEvent, row)
  rows.set(postId, { ...next, seq: row.seq + 1 })
  return rows.get(postId) ?? row
}

const activities: Partial<Activities> = {
  publishToPlatform: async ({ postId, targetId, dueAt }) => {
    await note('publish', { dueAt })
    const post = write(postId, { type: 'began' }, ended(targetId, publishEnds))
    return { outcome: 'ended', post }
  },
  confirmPublished: async () => {
    await note('confirm')
    return { outcome: 'cannot_tell', message: 'Look at the account.' }
  },
  holdPost: ({ code }) => note('hold', { code }),
  expirePostHold: async ({ postId }) => {
    await note('expire')
    return write(postId, { type: 'hold_expired' })
  },
}

beforeAll(async () => {
  time = await skipTime(activities)
})
afterAll(() => time.stop())

async function run(post: PostState) {
  calls = []
  const postId = randomUUID()
  rows.set(postId, post)
  const start = postStart({ tenantId: randomUUID(), postId, post })
  const handle = await time.client.workflow.start('postWorkflow', start)
  const outcome: PostOutcome = await handle.result()
  const { leadMs } = new PostProcess(postId, post, 0)
  return { handle, outcome, leadMs, endedAt: await time.nowMs() }
}

function scheduledAt(dueAt: number, change: Partial<PostState> = {}): PostState {
  const scheduled = commanded(aPost(change), { type: 'schedule', at: Number.MAX_SAFE_INTEGER })
  return { ...scheduled, scheduledAt: dueAt }
}

/** Timers of this server are exact to the second. */
const SECOND_MS = 1_000

test('a post scheduled 30 days ahead is staged its lead before its instant, and sleeps cheaply', async () => {
  publishEnds = 'published'
  const dueAt = (await time.nowMs()) + 30 * DAY_MS
  const { handle, outcome, leadMs } = await run(scheduledAt(dueAt))
  expect(outcome.status).toBe('published')
  expect(calls).toMatchObject([{ name: 'publish', dueAt }])
  const lateMs = (calls[0]?.atMs ?? 0) - (dueAt - leadMs)
  expect(lateMs).toBeGreaterThanOrEqual(0)
  expect(lateMs).toBeLessThan(2 * SECOND_MS)
  expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(20)
})

test('a post that nobody approves is held at its instant, fails after 7 days and parks for 30', async () => {
  const dueAt = (await time.nowMs()) + DAY_MS
  const { outcome, endedAt } = await run(scheduledAt(dueAt, { approvalRequired: true }))
  expect(outcome).toMatchObject({ status: 'failed', failureCodes: ['not_approved_in_time'] })
  expect(calls.map(({ name }) => name)).toEqual(['hold', 'expire'])
  const [hold, expire] = calls.map(({ atMs }) => atMs - dueAt)
  expect(hold).toBeLessThan(2 * SECOND_MS)
  expect(Math.abs((expire ?? 0) - 7 * DAY_MS)).toBeLessThan(2 * SECOND_MS)
  expect(Math.abs(endedAt - dueAt - 37 * DAY_MS)).toBeLessThan(60 * SECOND_MS)
})

test('a post whose fate stays unknown is looked for, ever more rarely, for 30 days', async () => {
  publishEnds = 'unconfirmed'
  const { handle, outcome } = await run(commanded(aPost(), { type: 'publish' }))
  expect(outcome).toMatchObject({ status: 'unconfirmed' })
  const lookups = calls.filter(({ name }) => name === 'confirm').map(({ atMs }) => atMs)
  const waits = lookups.slice(1).map((at, index) => at - (lookups[index] ?? 0))
  expect(waits[0]).toBeLessThan(4 * SECOND_MS)
  expect(Math.max(...waits)).toBeGreaterThan(60 * 60_000)
  // Twelve targets in this state stay far below the 51,200 events that end a workflow.
  const { events } = await handle.fetchHistory()
  expect((events?.length ?? 0) * 12).toBeLessThan(25_000)
})
