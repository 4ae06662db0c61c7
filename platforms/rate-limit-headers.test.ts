import { describe, expect, test } from '@jest/globals'
import { readRateLimit, readRetryAfter, retryAt } from './rate-limit-headers.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const epoch = { prefix: 'x-rate-limit', reset: 'epoch_seconds' } as const
const iso = { prefix: 'x-ratelimit', reset: 'iso_8601' } as const

describe('readRateLimit', () => {
  test('epoch seconds', () => {
    const headers = new Headers({
      'x-rate-limit-limit': '100',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': '1795262400',
    })
    expect(readRateLimit(headers, epoch)).toEqual({
      limit: 100,
      remaining: 0,
      resetsAt: new Date(1_795_262_400_000),
    })
  })

  test('ISO 8601', () => {
    const headers = new Headers({ 'X-RateLimit-Reset': '2026-11-21T12:05:00.123456Z' })
    expect(readRateLimit(headers, iso)).toEqual({ resetsAt: new Date('2026-11-21T12:05:00.123Z') })
  })

  test.each(['', 'soon', '-1', '1e99', 'NaN'])('nonsense %j says nothing', (value) => {
    expect(readRateLimit(new Headers({ 'x-rate-limit-reset': value }), epoch)).toBeUndefined()
    expect(readRateLimit(new Headers({ 'x-ratelimit-limit': value }), iso)).toBeUndefined()
  })
})

describe('Retry-After', () => {
  test('seconds', () => {
    const at = readRetryAfter(new Headers({ 'retry-after': '120' }), NOW)
    expect(at).toEqual(new Date('2026-11-21T12:02:00Z'))
  })

  test('date', () => {
    const headers = new Headers({ 'retry-after': 'Sat, 21 Nov 2026 12:01:00 GMT' })
    expect(readRetryAfter(headers, NOW)).toEqual(new Date('2026-11-21T12:01:00Z'))
  })

  test('nonsense and absence', () => {
    expect(readRetryAfter(new Headers({ 'retry-after': 'later' }), NOW)).toBeUndefined()
    expect(readRetryAfter(new Headers(), NOW)).toBeUndefined()
  })
})

describe('retryAt is always ahead', () => {
  test('a reset in the past gives the default wait', () => {
    const headers = new Headers({ 'x-rate-limit-reset': '1000000000' })
    expect(retryAt(headers, epoch, 60_000, NOW)).toEqual(new Date('2026-11-21T12:01:00Z'))
  })

  test('Retry-After goes before the reset', () => {
    const headers = new Headers({ 'retry-after': '5', 'x-ratelimit-reset': '2026-11-21T13:00:00Z' })
    expect(retryAt(headers, iso, 60_000, NOW)).toEqual(new Date('2026-11-21T12:00:05Z'))
  })
})

describe('a reset in seconds from now', () => {
  const seconds = { prefix: 'x-ratelimit', reset: 'seconds' } as const

  test.each([
    ['120', '2026-11-21T12:02:00Z'],
    ['1795262520', '2026-11-21T12:02:00Z'],
  ])('%s, which may be an instant after all', (reset, at) => {
    const headers = new Headers({ 'x-ratelimit-reset': reset })
    expect(retryAt(headers, seconds, 1, NOW)).toEqual(new Date(at))
  })

  test('several windows: the first counts', () => {
    const headers = new Headers({ 'x-ratelimit-limit': '1000, 1000;w=60, 5000;w=3600' })
    expect(readRateLimit(headers, seconds, NOW)).toEqual({ limit: 1000 })
  })
})
