import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accessEndsAt, nextSyncAt, nextValidationAt, nextWarning } from './connection-deadlines.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-12-01T09:00:00Z')

function life(change: object = {}) {
  return {
    refreshModel: 'none' as const,
    issuedAt: NOW,
    expiresAt: NOW + 60 * DAY_MS,
    refreshExpiresAt: null,
    warnedDays: null,
    ...change,
  }
}

describe('the end of an access', () => {
  test.each([
    ['none', NOW + 60 * DAY_MS],
    ['extension', NOW + 60 * DAY_MS],
    ['rotating', NOW + 365 * DAY_MS],
    ['reusable', NOW + 365 * DAY_MS],
  ] as const)('of %s', (refreshModel, endsAt) => {
    expect(accessEndsAt(life({ refreshModel, refreshExpiresAt: NOW + 365 * DAY_MS }))).toBe(endsAt)
  })

  test('does not exist where neither the token nor its renewal ends', () => {
    expect(accessEndsAt(life({ expiresAt: null }))).toBeNull()
    expect(accessEndsAt(life({ refreshModel: 'reusable' }))).toBeNull()
  })

  test('is that of the access token when this outlives the refresh token', () => {
    const last = { refreshModel: 'reusable', refreshExpiresAt: NOW + DAY_MS }
    expect(accessEndsAt(life(last))).toBe(NOW + 60 * DAY_MS)
  })
})

describe('warnings', () => {
  test('come 14, 7 and 1 days before the end, each once', () => {
    const days: number[] = []
    let warnedDays: number | null = null
    for (let now = NOW; now < NOW + 60 * DAY_MS; now += DAY_MS / 4) {
      const warning = nextWarning(life({ warnedDays }), now)
      if (warning === undefined || warning.at > now) continue
      expect(warning.at).toBe(NOW + (60 - warning.days) * DAY_MS)
      days.push(warning.days)
      warnedDays = warning.days
    }
    expect(days).toEqual([14, 7, 1])
  })

  test('that were slept through are one: the nearest to the end', () => {
    const late = NOW + 55 * DAY_MS
    expect(nextWarning(life(), late)?.days).toBe(7)
    expect(nextWarning(life({ warnedDays: 7 }), late)).toMatchObject({ days: 1 })
    expect(nextWarning(life({ warnedDays: 1 }), late)).toBeUndefined()
  })

  test('do not come from a life shorter than themselves', () => {
    const week = life({ expiresAt: NOW + 7 * DAY_MS })
    expect(nextWarning(week, NOW)).toEqual({ days: 1, at: NOW + 6 * DAY_MS })
    expect(nextWarning(life({ expiresAt: NOW + 3_600_000 }), NOW)).toBeUndefined()
  })

  test('move with the end, so that who renews in time is never warned', () => {
    const model = { refreshModel: 'extension' }
    // Renewed every 30 days, as the schedule does.
    for (let issuedAt = NOW; issuedAt < NOW + 365 * DAY_MS; issuedAt += 30 * DAY_MS) {
      const state = life({ ...model, issuedAt, expiresAt: issuedAt + 60 * DAY_MS })
      expect(nextWarning(state, issuedAt + 30 * DAY_MS)?.at).toBeGreaterThan(issuedAt + 30 * DAY_MS)
    }
  })
})

test('a validation is due a day after the last proof, give or take, and not at once after a failure', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (spread) => {
      const due = nextValidationAt({ validatedAt: NOW, validationFailedAt: null }, spread) - NOW
      expect(due).toBeGreaterThanOrEqual(0.9 * DAY_MS)
      expect(due).toBeLessThanOrEqual(1.1 * DAY_MS)
      const failedAt = NOW + 2 * DAY_MS
      const again = nextValidationAt({ validatedAt: NOW, validationFailedAt: failedAt }, spread)
      expect(again).toBe(failedAt + 6 * 3_600_000)
    }),
  )
})

test('a sync is due by the row’s interval, at once when there was none', () => {
  expect(nextSyncAt({ syncEveryMs: null, syncedAt: null })).toBeNull()
  expect(nextSyncAt({ syncEveryMs: 900_000, syncedAt: null })).toBe(900_000)
  expect(nextSyncAt({ syncEveryMs: 900_000, syncedAt: NOW })).toBe(NOW + 900_000)
})
