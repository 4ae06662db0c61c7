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

test('a disconnected or vanished connection is over', () => {
  const connection = processOf()
  expect(connection.isOver).toBe(false)
  connection.adopt(null)
  expect(connection.isOver).toBe(true)
  expect(processOf({ status: 'disconnected' }).isOver).toBe(true)
})
