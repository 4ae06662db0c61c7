import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import { resolveTime } from './resolve-time.ts'

function instantOf(...args: Parameters<typeof resolveTime>): string | null | undefined {
  const result = resolveTime(...args)
  if (!result.ok) return result.error.code
  return result.time.at === null ? null : result.time.at?.toISOString()
}

describe('resolveTime', () => {
  test.each([
    ['2026-12-01T09:00:00+01:00', '2026-12-01T08:00:00.000Z'],
    ['2026-12-01T09:00:00Z', '2026-12-01T09:00:00.000Z'],
    ['2026-12-01T09:00:00.5-03:30', '2026-12-01T12:30:00.500Z'],
  ])('%s is %s', (scheduled_at, instant) => {
    expect(instantOf({ scheduled_at }, 'UTC')).toBe(instant)
  })

  test.each([
    ['Europe/Berlin', '2026-12-01T09:00', '2026-12-01T08:00:00.000Z'],
    ['Asia/Kolkata', '2026-12-01T09:00:30', '2026-12-01T03:30:30.000Z'],
    ['Pacific/Apia', '2026-12-01T09:00', '2026-11-30T20:00:00.000Z'],
  ])('in %s %s is %s', (timezone, scheduled_local, instant) => {
    expect(instantOf({ timezone, scheduled_local }, 'UTC')).toBe(instant)
  })

  test.each([
    // Lord Howe moves by half an hour; Samoa skipped a whole day.
    ['Europe/Berlin', '2026-03-29T02:30', 'nonexistent_local_time'],
    ['Europe/Berlin', '2026-10-25T02:30', 'ambiguous_local_time'],
    ['America/New_York', '2026-03-08T02:00', 'nonexistent_local_time'],
    ['America/New_York', '2026-11-01T01:59:59', 'ambiguous_local_time'],
    ['Australia/Lord_Howe', '2026-10-04T02:15', 'nonexistent_local_time'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', 'ambiguous_local_time'],
    ['Pacific/Apia', '2011-12-30T12:00', 'nonexistent_local_time'],
  ])('in %s %s is refused: %s', (timezone, scheduled_local, code) => {
    expect(instantOf({ timezone, scheduled_local }, 'UTC')).toBe(code)
    const [early, late] = (['earlier', 'later'] as const).map((on_ambiguous) =>
      instantOf({ timezone, scheduled_local, on_ambiguous }, 'UTC'),
    )
    expect(Date.parse(String(early))).toBeLessThan(Date.parse(String(late)))
  })

  test.each([
    ['2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
    ['2026-10-25T01:59:59', '2026-10-24T23:59:59.000Z'],
  ])('beside a clock change %s in Berlin is plain', (scheduled_local, instant) => {
    expect(instantOf({ scheduled_local, timezone: 'Europe/Berlin' }, 'UTC')).toBe(instant)
  })

  test('faults', () => {
    expect(instantOf({ scheduled_local: '2026-13-01T09:00' }, 'UTC')).toBe('invalid_format')
    expect(instantOf({ scheduled_local: '2026-12-01T09:00' }, '')).toBe('required')
    expect(instantOf({ timezone: 'Mars/Base' }, 'UTC')).toBe('unknown_timezone')
    const both = { scheduled_local: '2026-12-01T09:00', scheduled_at: '2026-12-01T09:00:00Z' }
    expect(instantOf(both, 'UTC')).toBe('conflict')
    expect(instantOf({ scheduled_at: null }, 'UTC')).toBeNull()
    expect(instantOf({}, 'UTC')).toBeUndefined()
  })

  test('what it resolves reads there as it was written, whatever the zone', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca']
    const minutes = fc.integer({ min: 28_000_000, max: 45_000_000 })
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, (timezone, minute) => {
        const scheduled_local = new Date(minute * 60_000).toISOString().slice(0, 16)
        const result = resolveTime({ scheduled_local, timezone }, 'UTC')
        if (!result.ok) return /local_time$/.test(result.error.code)
        const local = DateTime.fromJSDate(result.time.at ?? new Date(0), { zone: timezone })
        return local.toFormat("yyyy-MM-dd'T'HH:mm") === scheduled_local
      }),
    )
  })
})
