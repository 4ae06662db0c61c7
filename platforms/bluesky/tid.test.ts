import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { recordKey } from './tid.ts'

/** https://atproto.com/specs/tid */
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/
const instant = fc.date({
  min: new Date('1970-01-01'),
  max: new Date('2200-01-01'),
  noInvalidDate: true,
})
const key = fc.string({ minLength: 1, maxLength: 100 })

describe('recordKey', () => {
  test('is a TID, and the same for the same intent', () => {
    fc.assert(
      fc.property(instant, key, (createdAt, idempotencyKey) => {
        const tid = recordKey(createdAt, idempotencyKey)
        expect(tid).toMatch(TID)
        expect(recordKey(new Date(createdAt), idempotencyKey)).toBe(tid)
      }),
    )
  })

  test('sorts by time', () => {
    fc.assert(
      fc.property(instant, instant, key, key, (one, other, oneKey, otherKey) => {
        fc.pre(one < other)
        expect(recordKey(one, oneKey) < recordKey(other, otherKey)).toBe(true)
      }),
    )
  })

  test('differs between intents of one millisecond', () => {
    const createdAt = new Date('2026-11-21T12:00:00.123Z')
    const keys = new Set(
      Array.from({ length: 500 }, (_, index) => recordKey(createdAt, `${index}`)),
    )
    expect(keys.size).toBe(500)
  })

  test('holds the time: a known value', () => {
    const tid = recordKey(new Date('2022-04-30T23:54:18.560Z'), 'x')
    const value = [...tid].reduce(
      (sum, letter) => sum * 32n + BigInt('234567abcdefghijklmnopqrstuvwxyz'.indexOf(letter)),
      0n,
    )
    expect((value >> 10n) / 1000n).toBe(BigInt(Date.parse('2022-04-30T23:54:18.560Z')))
  })
})
