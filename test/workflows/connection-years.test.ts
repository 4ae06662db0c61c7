import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { activityInfo } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import type { Activities } from '../../activities/index.ts'
import type { RefreshResult } from '../../activities/types.ts'
import type { ConnectionState, RefreshModel } from '../../domain/connection-state.ts'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import { nextRefreshAt, spreadOf } from '../../domain/refresh-schedule.ts'
import { makeRegistry } from '../../platforms/registry.ts'
import { connectionStart } from '../../workflows/start-options.ts'
import { type SkippingTime, skipTime } from '../support/time-skipping.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const STEPS_PER_RUN = 500
/** This server's timers are late by up to a second. */
const LATE_MS = 2_000

/** How tokens live; sources in the platforms' folders. */
interface Life {
  /** Platforms whose tokens live like this, with their ways of connecting. */
  of: readonly (readonly [Platform, string])[]
  model: RefreshModel
  accessMs: number | null
  /** Of the refresh token, from each refresh or fixed from the consent. */
  refreshMs?: number
  isFixed?: boolean
  /** Of the time under time skipping, where a year has too many refreshes to wait for. */
  days?: number
}

const YEAR_MS = 365 * DAY_MS

const LIVES: Readonly<Record<string, Life>> = {
  'an hour, reusable': {
    of: [
      ['youtube', 'oauth2'],
      ['google_business', 'oauth2'],
    ],
    model: 'reusable',
    accessMs: HOUR_MS,
    days: 60,
  },
  'two hours, rotating': {
    of: [
      ['x', 'oauth2'],
      ['bluesky', 'app_password'],
      ['tiktok', 'oauth2'],
    ],
    model: 'rotating',
    accessMs: 2 * HOUR_MS,
    refreshMs: 90 * DAY_MS,
  },
  'a day, reusable': { of: [['reddit', 'oauth2']], model: 'reusable', accessMs: DAY_MS },
  'a month, rotating': {
    of: [['pinterest', 'oauth2']],
    model: 'rotating',
    accessMs: 30 * DAY_MS,
    refreshMs: 60 * DAY_MS,
  },
  'sixty days, extended': {
    of: [
      ['instagram', 'facebook_login'],
      ['instagram', 'instagram_login'],
      ['threads', 'oauth2'],
    ],
    model: 'extension',
    accessMs: 60 * DAY_MS,
  },
  'sixty days, reusable for a year': {
    of: [['linkedin', 'oauth2']],
    model: 'reusable',
    accessMs: 60 * DAY_MS,
    refreshMs: YEAR_MS,
    isFixed: true,
  },
  'sixty days, and no refresh token': { of: [], model: 'none', accessMs: 60 * DAY_MS },
  'for ever': {
    of: [
      ['facebook', 'oauth2'],
      ['mastodon', 'oauth2'],
      ['x', 'oauth1'],
    ],
    model: 'none',
    accessMs: null,
  },
}

/** One connection's platform and row. */
interface World {
  life: Life
  connectionId: string
  handle?: WorkflowHandle
  state: ConnectionState
  refreshEndsAt: number | null
  refreshedAt: number[]
  plannedAt: number[]
  validatedAt: number[]
  warnings: { days: number; at: number }[]
  endedAt: number | null
  runIds: Set<string>
}

const worlds = new Map<string, World>()
const registry = makeRegistry({ http: { userAgent: 'clarion-test' } })
let time: SkippingTime
let startedAt: number

function lengthOf({ days }: Life): number {
  return days === undefined ? YEAR_MS : days * DAY_MS
}

function renewed(
  world: Pick<World, 'life' | 'connectionId' | 'refreshEndsAt' | 'state'>,
  nowMs: number,
) {
  const { life, connectionId } = world
  const { refreshEndsAt } = world
  // A token never outlives a grant whose end is fixed (LinkedIn).
  const end = life.isFixed ? refreshEndsAt : null
  const expiresAt = life.accessMs === null ? null : Math.min(nowMs + life.accessMs, end ?? Infinity)
  const times = {
    issuedAt: nowMs,
    expiresAt,
    validatedAt: nowMs,
    refreshModel: life.model,
    refreshExpiresAt: refreshEndsAt,
  }
  return {
    ...world.state,
    ...times,
    tokenVersion: world.state.tokenVersion + 1,
    refreshFailures: 0,
    warnedDays: null,
    nextRefreshAt: nextRefreshAt(times, spreadOf(connectionId)),
  }
}

async function refresh(world: World): Promise<RefreshResult> {
  const nowMs = await time.nowMs()
  world.runIds.add(activityInfo().workflowExecution?.runId ?? '')
  const { refreshMs, isFixed } = world.life
  if (refreshMs !== undefined && !isFixed) world.refreshEndsAt = nowMs + refreshMs
  world.refreshedAt.push(nowMs)
  world.state = renewed(world, nowMs)
  world.plannedAt.push(world.state.nextRefreshAt ?? 0)
  if (nowMs - startedAt >= lengthOf(world.life)) {
    world.state = { ...world.state, status: 'disconnected' }
  }
  return { outcome: 'refreshed', connection: world.state }
}

async function validate(world: World): Promise<RefreshResult> {
  const nowMs = await time.nowMs()
  world.runIds.add(activityInfo().workflowExecution?.runId ?? '')
  world.validatedAt.push(nowMs)
  world.state = { ...world.state, validatedAt: nowMs }
  return { outcome: 'refreshed', connection: world.state }
}

const activities: Partial<Activities> = {
  refreshConnection: ({ connectionId }) => refresh(worldOf(connectionId)),
  validateConnection: ({ connectionId }) => validate(worldOf(connectionId)),
  loadConnection: async ({ connectionId }) => worldOf(connectionId).state,
  warnExpiring: async ({ connectionId, days }) => {
    const world = worldOf(connectionId)
    world.warnings.push({ days, at: await time.nowMs() })
    world.state = { ...world.state, warnedDays: days }
    return world.state
  },
  endAccess: async ({ connectionId }) => {
    const world = worldOf(connectionId)
    world.endedAt = await time.nowMs()
    world.state = { ...world.state, status: 'expired' }
    return world.state
  },
}

function worldOf(connectionId: string): World {
  const world = [...worlds.values()].find((one) => one.connectionId === connectionId)
  if (world === undefined) throw new Error(`no connection ${connectionId}`)
  return world
}

beforeAll(async () => {
  time = await skipTime(activities)
  startedAt = await time.nowMs()
  for (const [name, life] of Object.entries(LIVES)) worlds.set(name, await connect(life))
  await time.env.sleep(YEAR_MS)
}, 600_000)

afterAll(async () => {
  for (const { handle, state } of worlds.values()) {
    if (state.status !== 'disconnected') await handle?.terminate()
  }
  await registry.http.close()
  await time.stop()
}, 60_000)

async function connect(life: Life): Promise<World> {
  const connectionId = randomUUID()
  const empty: ConnectionState = {
    status: 'active',
    refreshModel: life.model,
    tokenVersion: 0,
    issuedAt: null,
    expiresAt: null,
    refreshExpiresAt: null,
    refreshFailures: 0,
    nextRefreshAt: null,
    validatedAt: null,
    validationFailedAt: null,
    warnedDays: null,
    syncEveryMs: null,
    syncedAt: null,
  }
  const refreshEndsAt = life.refreshMs === undefined ? null : startedAt + life.refreshMs
  const state = renewed({ life, connectionId, refreshEndsAt, state: empty }, startedAt)
  const none = { refreshedAt: [], validatedAt: [], warnings: [], endedAt: null }
  const plannedAt = [state.nextRefreshAt ?? 0]
  const seen = { life, connectionId, state, refreshEndsAt, plannedAt, ...none }
  const world: World = { ...seen, runIds: new Set() }
  worlds.set(connectionId, world)
  const ids = { tenantId: randomUUID(), connectionId, platform: 'x' as const }
  const input = { ...ids, connection: state, maxRefreshesPerRun: STEPS_PER_RUN }
  world.handle = await time.client.workflow.start('connectionWorkflow', connectionStart(input))
  worlds.delete(connectionId)
  return world
}

test('every platform is among them, and lives by the model of its connector', () => {
  const platforms = Object.values(LIVES).flatMap(({ of }) => of.map(([platform]) => platform))
  expect([...new Set(platforms)].sort()).toEqual([...PLATFORMS].sort())
  for (const { of, model } of Object.values(LIVES)) {
    for (const [platform, method] of of) {
      const found = registry.authorizer(platform, method)?.refreshModel
      expect([platform, found]).toEqual([platform, model])
    }
  }
})

describe.each(Object.keys(LIVES))('a year of tokens that live %s', (name) => {
  const world = () => {
    const found = worlds.get(name)
    if (found === undefined) throw new Error(`no world ${name}`)
    return found
  }

  test('has as many refreshes as computed, each at its planned instant', () => {
    const { life, connectionId, refreshedAt, plannedAt, endedAt } = world()
    const plan = { refreshModel: life.model, issuedAt: 0, expiresAt: life.accessMs }
    const everyMs = nextRefreshAt(plan, spreadOf(connectionId))
    const lastsMs = (endedAt ?? startedAt + lengthOf(life)) - startedAt
    const expected = everyMs === null ? 0 : Math.floor(lastsMs / everyMs)
    // Lateness adds up, because each life begins when the last one was renewed.
    const slack = 1 + (expected * LATE_MS) / (everyMs ?? 1)
    expect(Math.abs(refreshedAt.length - expected)).toBeLessThanOrEqual(slack)
    for (const [index, at] of refreshedAt.entries()) {
      const lateMs = at - (plannedAt[index] ?? 0)
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(LATE_MS)
    }
  })

  test('is proved to work at least every day or so', () => {
    const { refreshedAt, validatedAt, endedAt, life } = world()
    const end = endedAt ?? startedAt + lengthOf(life)
    const proofs = [startedAt, ...refreshedAt, ...validatedAt, end].sort((a, b) => a - b)
    const gaps = proofs.slice(1).map((at, index) => at - (proofs[index] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.1 * DAY_MS + LATE_MS)
  })

  test('warns when, and only when, a person has to act', () => {
    const { warnings, endedAt, state, refreshEndsAt, life } = world()
    const endsAt = life.model === 'none' ? life.accessMs : life.isFixed ? life.refreshMs : null
    if (endsAt == null) {
      const isAlive = state.status !== 'expired'
      expect({ warnings, endedAt, isAlive }).toEqual({
        warnings: [],
        endedAt: null,
        isAlive: true,
      })
      return
    }
    expect(warnings.map(({ days }) => days)).toEqual([14, 7, 1])
    for (const { days, at } of warnings) {
      expect(Math.abs(at - (startedAt + endsAt - days * DAY_MS))).toBeLessThan(LATE_MS)
    }
    // The end of the last access token, which may outlive the refresh token.
    const last = Math.max(refreshEndsAt ?? 0, state.expiresAt ?? 0)
    if (last < startedAt + YEAR_MS) expect(state.status).toBe('expired')
  })

  test('is a chain of short histories', async () => {
    const { runIds, refreshedAt, validatedAt, handle } = world()
    const steps = refreshedAt.length + validatedAt.length
    // The server may suggest a new run before our own bound.
    expect(runIds.size).toBeGreaterThanOrEqual(Math.ceil(steps / STEPS_PER_RUN))
    expect(runIds.size).toBeLessThanOrEqual(1 + Math.ceil(steps / 250))
    const [first = ''] = runIds
    const run = time.client.workflow.getHandle(handle?.workflowId ?? '', first)
    const events = (await run.fetchHistory()).events?.length ?? 0
    expect(events).toBeLessThan(5_000)
  })
})
