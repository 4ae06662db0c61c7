import { describe, expect, test } from '@jest/globals'
import type { ConnectionState } from '../domain/connection-state.ts'
import { nextRefreshAt, spreadOf } from '../domain/refresh-schedule.ts'
import { ConnectionProcess } from './connection-process.ts'

const NOW = Date.parse('2026-12-01T09:00:00Z')
const HOUR_MS = 3_600_000

function aConnection(change: Partial<ConnectionState> = {}): ConnectionState {
  return {
    status: 'active',
    refreshModel: 'rotating',
    tokenVersion: 3,
    issuedAt: NOW,
    expiresAt: NOW + 2 * HOUR_MS,
    refreshFailures: 0,
    nextRefreshAt: null,
    refreshExpiresAt: null,
    validatedAt: NOW,
    validationFailedAt: null,
    warnedDays: null,
    syncEveryMs: null,
    syncedAt: null,
    ...change,
  }
}

function processOf(change: Partial<ConnectionState> = {}): ConnectionProcess {
  return new ConnectionProcess('connection-1', aConnection(change))
}

describe('the next refresh', () => {
  test('is planned by the token’s life unless the row says when', () => {
    const planned = nextRefreshAt(aConnection(), spreadOf('connection-1'))
    expect(processOf().refreshAt).toBe(planned)
    expect(processOf({ nextRefreshAt: NOW + 5 }).refreshAt).toBe(NOW + 5)
  })

  test('goes on while the platform only refuses, so that it mends itself', () => {
    expect(processOf({ status: 'error' }).refreshAt).toBeDefined()
  })

  test.each([
    { status: 'expired' },
    { status: 'revoked' },
    { status: 'disconnected' },
    { status: 'pending' },
    { refreshModel: 'none' },
    { expiresAt: null },
  ] as const)('does not exist for %p', (change) => {
    expect(processOf({ nextRefreshAt: NOW, ...change }).refreshAt).toBeUndefined()
  })

  test('is soon, but not at once, when the process that refreshed was lost', () => {
    const connection = processOf({ nextRefreshAt: NOW - 1 })
    const { version } = connection
    connection.delayAfterLoss(NOW)
    expect(connection.refreshAt).toBe(NOW + 5_000)
    expect(connection.version).toBeGreaterThan(version)
  })
})

describe('a caller whose token was refused', () => {
  test('is told of a newer one without a call to the platform', () => {
    expect(processOf().answerTo(2, NOW)).toEqual({
      outcome: 'fresh',
      tokenVersion: 3,
      expiresAt: '2026-12-01T11:00:00.000Z',
    })
  })

  test('causes a refresh when it has the newest', () => {
    expect(processOf().answerTo(3, NOW)).toBeUndefined()
  })

  test('waits while a platform in trouble is left in peace', () => {
    const troubled = processOf({ refreshFailures: 2, nextRefreshAt: NOW + 60_000 })
    expect(troubled.answerTo(3, NOW)).toEqual({
      outcome: 'retrying',
      code: 'refresh_failed',
      nextTryAt: '2026-12-01T09:01:00.000Z',
    })
    expect(troubled.answerTo(3, NOW + 60_000)).toBeUndefined()
  })

  test('is sent to a person when the access is gone', () => {
    for (const status of ['expired', 'revoked', 'disconnected', 'pending'] as const) {
      const answer = { outcome: 'needs_reconnect', status, code: status }
      expect(processOf({ status }).answerTo(1, NOW)).toEqual(answer)
    }
  })
})

test('a forced refresh does not wait for a backoff', () => {
  const troubled = processOf({ refreshFailures: 2, nextRefreshAt: NOW + 60_000 })
  expect(troubled.answerTo(undefined, NOW)).toBeUndefined()
})

describe('a token that can be extended only after a day', () => {
  const young = () => processOf({ refreshModel: 'extension', expiresAt: NOW + 60 * 24 * HOUR_MS })

  test('is not extended because a person asks for it', () => {
    const answer = { outcome: 'retrying', code: 'token_too_young' }
    expect(young().answerTo(3, NOW, true)).toMatchObject(answer)
    expect(young().answerTo(undefined, NOW)).toMatchObject(answer)
    expect(young().answerTo(3, NOW + 26 * HOUR_MS, true)).toBeUndefined()
  })

  test('and that was refused makes nobody wait for that day', () => {
    expect(young().answerTo(3, NOW)).toBeUndefined()
    expect(young().isTooYoung(NOW)).toBe(true)
  })
})

test('a disconnected or vanished connection is over', () => {
  const connection = processOf()
  expect(connection.isOver).toBe(false)
  connection.adopt(null)
  expect(connection.isOver).toBe(true)
  expect(processOf({ status: 'disconnected' }).isOver).toBe(true)
})

describe('what is due by itself', () => {
  const DAY_MS = 24 * HOUR_MS

  test('is refreshing long before anything else for a token of two hours', () => {
    expect(processOf().nextDue(NOW)?.what).toBe('refresh')
  })

  test('is the daily question who it is, for a token that lives for ever', () => {
    const due = processOf({ refreshModel: 'none', expiresAt: null }).nextDue(NOW)
    expect(due?.what).toBe('validate')
    expect(due?.at).toBeGreaterThan(NOW + 0.9 * DAY_MS - 1)
  })

  test('is the end first, when everything is overdue', () => {
    const last = { refreshModel: 'none', expiresAt: NOW + 20 * DAY_MS } as const
    const connection = processOf(last)
    expect(connection.nextDue(NOW + 21 * DAY_MS)).toEqual({
      what: 'end',
      at: NOW + 20 * DAY_MS,
    })
    // Two validations are missing by then as well, but a warning proves more.
    expect(connection.nextDue(NOW + 7 * DAY_MS)).toMatchObject({ what: 'warn', days: 14 })
  })

  test('does not go in a circle when it did not come off', () => {
    const connection = processOf({ refreshModel: 'none', expiresAt: null, validatedAt: 0 })
    expect(connection.nextDue(NOW)).toMatchObject({ what: 'validate' })
    connection.postpone('validate', NOW + 900_000)
    expect(connection.nextDue(NOW)).toEqual({ what: 'validate', at: NOW + 900_000 })
  })

  test('is syncing where the platform has something to sync', () => {
    const due = processOf({ syncEveryMs: HOUR_MS, syncedAt: NOW }).nextDue(NOW + HOUR_MS)
    expect(due).toEqual({ what: 'sync', at: NOW + HOUR_MS })
  })

  test('is nothing once a person has to act', () => {
    for (const status of ['expired', 'revoked', 'pending', 'disconnected'] as const) {
      expect(processOf({ status, validatedAt: 0 }).nextDue(NOW)).toBeUndefined()
    }
  })

  test('is refreshing alone for a run that began before the rest was known', () => {
    const { validatedAt: _unknown, ...before } = aConnection()
    const connection = processOf()
    // As a history of that time has it.
    connection.adopt(JSON.parse(JSON.stringify(before)))
    expect(connection.nextDue(NOW)).toMatchObject({ what: 'refresh' })
    connection.adopt({ ...JSON.parse(JSON.stringify(before)), refreshModel: 'none' })
    expect(connection.nextDue(NOW)).toBeUndefined()
  })
})
