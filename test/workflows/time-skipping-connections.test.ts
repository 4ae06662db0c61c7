import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { activityInfo } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { Activities } from '../../activities/index.ts'
import type { RefreshResult } from '../../activities/types.ts'
import type { ConnectionState, RefreshModel } from '../../domain/connection-state.ts'
import { nextRefreshAt, refreshBackoffMs, spreadOf } from '../../domain/refresh-schedule.ts'
import { connectionStart } from '../../workflows/start-options.ts'
import { type SkippingTime, skipTime } from '../support/time-skipping.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Renewed at 65 to 75 % of its life: about once an hour. */
const LIFE_MS = HOUR_MS / 0.7

/** The platform and the row of one connection; the token endpoint may be down for a while. */
interface World {
  state: ConnectionState
  endsAt: number
  downUntil: number
  refreshedAt: number[]
  failedAt: number[]
  plannedAt: number[]
  runIds: Set<string>
  /** The platform has refused the token for good. */
  isRefused?: boolean
}

const worlds = new Map<string, World>()
let time: SkippingTime
let profileCalls = 0

function worldOf(connectionId: string): World {
  const world = worlds.get(connectionId)
  if (world === undefined) throw new Error(`no connection ${connectionId}`)
  return world
}

async function refresh(connectionId: string): Promise<RefreshResult> {
  const world = worldOf(connectionId)
  const nowMs = await time.nowMs()
  world.runIds.add(activityInfo().workflowExecution?.runId ?? '')
  if (nowMs < world.downUntil) return fail(world, connectionId, nowMs)
  world.refreshedAt.push(nowMs)
  world.state = renewed(world.state, connectionId, nowMs)
  world.plannedAt.push(world.state.nextRefreshAt ?? 0)
  if (nowMs >= world.endsAt) world.state = { ...world.state, status: 'disconnected' }
  return { outcome: 'refreshed', connection: world.state }
}

function fail(world: World, connectionId: string, nowMs: number): RefreshResult {
  world.failedAt.push(nowMs)
  const refreshFailures = world.state.refreshFailures + 1
  const waitMs = refreshBackoffMs(refreshFailures, spreadOf(`${connectionId}:${refreshFailures}`))
  world.state = { ...world.state, refreshFailures, nextRefreshAt: nowMs + waitMs }
  return { outcome: 'failed', code: 'x_unavailable', connection: world.state }
}

function renewed(state: ConnectionState, connectionId: string, nowMs: number): ConnectionState {
  const life = { issuedAt: nowMs, expiresAt: nowMs + LIFE_MS }
  return {
    ...state,
    ...life,
    tokenVersion: state.tokenVersion + 1,
    validatedAt: nowMs,
    refreshFailures: 0,
    nextRefreshAt: nextRefreshAt({ ...state, ...life }, spreadOf(connectionId)),
  }
}

const activities: Partial<Activities> = {
  refreshConnection: ({ connectionId }) => refresh(connectionId),
  validateConnection: async ({ connectionId }) => {
    profileCalls++
    const world = worldOf(connectionId)
    if (world.isRefused) {
      world.state = { ...world.state, status: 'revoked' }
      return { outcome: 'dead', code: 'revoked', connection: world.state }
    }
    throw ApplicationFailure.create({ type: 'platform_unavailable', message: 'down' })
  },
  loadConnection: async ({ connectionId }) => worldOf(connectionId).state,
  disconnectConnection: async ({ connectionId }) => {
    const world = worldOf(connectionId)
    world.state = { ...world.state, status: 'disconnected' }
    return world.state
  },
}

beforeAll(async () => {
  time = await skipTime(activities)
})
afterAll(() => time.stop())

async function connect(change: { lastsMs: number; downMs?: number; refreshModel?: RefreshModel }) {
  const connectionId = randomUUID()
  const nowMs = await time.nowMs()
  const state: ConnectionState = {
    status: 'active',
    refreshModel: change.refreshModel ?? 'rotating',
    tokenVersion: 0,
    issuedAt: null,
    expiresAt: null,
    refreshFailures: 0,
    nextRefreshAt: null,
    refreshExpiresAt: null,
    validatedAt: nowMs,
    validationFailedAt: null,
    warnedDays: null,
    syncEveryMs: null,
    syncedAt: null,
  }
  const world: World = {
    state: renewed(state, connectionId, nowMs),
    endsAt: nowMs + change.lastsMs,
    downUntil: nowMs + (change.downMs ?? 0),
    refreshedAt: [],
    failedAt: [],
    plannedAt: [],
    runIds: new Set(),
  }
  worlds.set(connectionId, world)
  const ids = { tenantId: randomUUID(), connectionId, platform: 'x' as const }
  const start = connectionStart({ ...ids, connection: world.state, maxRefreshesPerRun: 200 })
  const handle = await time.client.workflow.start('connectionWorkflow', start)
  return { connectionId, world, handle, startedAt: nowMs }
}

test('a token endpoint that answers 500 for an hour is asked ever more rarely until it recovers', async () => {
  // Down from before the first refresh until an hour after it.
  const { world, handle, startedAt } = await connect({ lastsMs: 3 * HOUR_MS, downMs: 2 * HOUR_MS })
  expect(await handle.result()).toMatchObject({ status: 'disconnected' })
  const { failedAt } = world
  expect(failedAt.length).toBeGreaterThanOrEqual(5)
  expect(failedAt.length).toBeLessThanOrEqual(20)
  const waits = failedAt.slice(1).map((at, index) => at - (failedAt[index] ?? 0))
  expect(waits[0]).toBeLessThan(20_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(15 * MINUTE_MS + 2_000)
  const recoveredAt = world.refreshedAt[0] ?? 0
  expect(recoveredAt - (startedAt + 2 * HOUR_MS)).toBeLessThan(15 * MINUTE_MS + 2_000)
  expect(world.state.refreshFailures).toBe(0)
})

test('a signal whose work fails leaves the workflow alive', async () => {
  profileCalls = 0
  const { handle } = await connect({ lastsMs: DAY_MS, refreshModel: 'none' })
  await handle.signal('refresh', null)
  await time.env.sleep('10 minutes')
  expect(profileCalls).toBe(8)
  await handle.signal('disconnect', null)
  expect(await handle.result()).toMatchObject({ status: 'disconnected' })
})

test('a refused token too young to extend is looked at once, and nobody waits for it to age', async () => {
  const { world, handle } = await connect({ lastsMs: DAY_MS, refreshModel: 'extension' })
  world.isRefused = true
  profileCalls = 0
  const { tokenVersion: staleVersion } = world.state
  const answer = await handle.executeUpdate('refresh', { args: [{ staleVersion }] })
  expect(answer).toMatchObject({ outcome: 'needs_reconnect', status: 'revoked' })
  expect([profileCalls, world.refreshedAt.length]).toEqual([1, 0])
  await handle.signal('disconnect', null)
  await handle.result()
})
