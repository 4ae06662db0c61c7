import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nextRefreshAt, refreshBackoffMs, spreadOf } from './refresh-schedule.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const ISSUED_AT = Date.parse('2026-12-01T09:00:00Z')

const spread = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const lifetimeMs = fc.integer({ min: 0, max: 400 * DAY_MS })
const lasting = fc.constantFrom('rotating', 'reusable', 'extension')

function waitMs(
  refreshModel: 'rotating' | 'reusable' | 'extension' | 'none',
  lifetime: number,
  at: number,
): number {
  const life = { refreshModel, issuedAt: ISSUED_AT, expiresAt: ISSUED_AT + lifetime }
  return (nextRefreshAt(life, at) ?? Number.NaN) - ISSUED_AT
}

describe('the next refresh', () => {
  test('is at 65 to 75 % of the token’s life, as the connection’s spread says', () => {
    expect(waitMs('rotating', 2 * HOUR_MS, 0)).toBe(78 * MINUTE_MS)
    expect(waitMs('rotating', 2 * HOUR_MS, 0.5)).toBe(84 * MINUTE_MS)
    const within = fc.property(
      fc.integer({ min: 5 * MINUTE_MS, max: 30 * DAY_MS }),
      spread,
      (l, s) => {
        const part = waitMs('reusable', l, s) / l
        expect(part).toBeGreaterThanOrEqual(0.649_99)
        expect(part).toBeLessThanOrEqual(0.750_01)
      },
    )
    fc.assert(within)
  })

  test('is never sooner than half a minute nor later than 30 days', () => {
    const bounded = fc.property(lasting, lifetimeMs, spread, (model, lifetime, at) => {
      const wait = waitMs(model, lifetime, at)
      expect(wait).toBeGreaterThanOrEqual(30_000)
      expect(wait).toBeLessThanOrEqual(30 * DAY_MS)
      expect(Number.isInteger(wait)).toBe(true)
    })
    fc.assert(bounded)
  })

  test('leaves an hour’s token a quarter of its life', () => {
    const early = fc.property(
      fc.integer({ min: MINUTE_MS, max: DAY_MS }),
      spread,
      (lifetime, at) => {
        expect(lifetime - waitMs('rotating', lifetime, at)).toBeGreaterThanOrEqual(lifetime * 0.249)
      },
    )
    fc.assert(early)
  })

  test('waits a day and an hour with tokens that are extended', () => {
    expect(waitMs('extension', HOUR_MS, 0.5)).toBe(25 * HOUR_MS)
    expect(waitMs('extension', 60 * DAY_MS, 0.5)).toBe(30 * DAY_MS)
  })

  test('does not exist for tokens that cannot be refreshed or do not end', () => {
    expect(nextRefreshAt({ refreshModel: 'none', issuedAt: 0, expiresAt: 1 }, 0)).toBeNull()
    expect(nextRefreshAt({ refreshModel: 'rotating', issuedAt: 0, expiresAt: null }, 0)).toBeNull()
  })

  test('takes an hour for the life of a token whose start is unknown', () => {
    const life = { refreshModel: 'rotating' as const, issuedAt: null, expiresAt: ISSUED_AT }
    expect(nextRefreshAt(life, 0.5)).toBe(ISSUED_AT - 0.3 * HOUR_MS)
  })
})

describe('after failures', () => {
  test('the wait doubles from 15 s to a quarter of an hour', () => {
    const full = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => refreshBackoffMs(failures, 1) / 1000)
    expect(full).toEqual([15, 30, 60, 120, 240, 480, 900, 900])
  })

  test('it never shrinks, and stays within half of its length', () => {
    const monotone = fc.property(fc.integer({ min: 1, max: 5_000 }), spread, (failures, at) => {
      const wait = refreshBackoffMs(failures, at)
      expect(refreshBackoffMs(failures + 1, at)).toBeGreaterThanOrEqual(wait)
      expect(wait).toBeGreaterThanOrEqual(7_500)
      expect(wait).toBeLessThanOrEqual(15 * MINUTE_MS)
    })
    fc.assert(monotone)
  })
})

describe('the spread of an id', () => {
  test('is the same on every call and in [0, 1)', () => {
    const stable = fc.property(fc.string(), (id) => {
      const value = spreadOf(id)
      expect(spreadOf(id)).toBe(value)
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThan(1)
    })
    fc.assert(stable)
    // Fixed for good: another function would move every connection's refresh at a deployment.
    expect(spreadOf('7d9f6f3e-0000-4000-8000-000000000001')).toBe(0.28584216232411563)
  })

  test('is even, also for ids that differ at their end alone', () => {
    const buckets = new Array<number>(10).fill(0)
    for (let index = 0; index < 10_000; index++) {
      const bucket = Math.floor(spreadOf(`connection-${index}`) * 10)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

test('nothing is renewed that would end at the same time all the same', () => {
  const day = 86_400_000
  const last = { refreshModel: 'reusable' as const, issuedAt: 0, expiresAt: 35 * day }
  expect(nextRefreshAt({ ...last, refreshExpiresAt: 35 * day + 59_000 }, 0.5)).toBeNull()
  expect(nextRefreshAt({ ...last, refreshExpiresAt: 36 * day }, 0.5)).not.toBeNull()
  expect(nextRefreshAt({ ...last, refreshExpiresAt: null }, 0.5)).not.toBeNull()
})
