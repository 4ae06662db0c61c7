import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { prepareLeadMs } from './prepare-lead.ts'

const MINUTE_MS = 60_000
const files = fc.record({ bytes: fc.nat({ max: 10_000_000_000 }), hasVideo: fc.boolean() })

describe('the lead of uploads', () => {
  test('is nothing without files, and grows with them', () => {
    expect(prepareLeadMs({ bytes: 0, hasVideo: false })).toBe(0)
    expect(prepareLeadMs({ bytes: 1, hasVideo: false })).toBe(20_001)
    expect(prepareLeadMs({ bytes: 200_000_000, hasVideo: true })).toBe(290_000)
  })

  test('never exceeds a quarter of an hour', () => {
    fc.assert(
      fc.property(files, (one) => {
        const leadMs = prepareLeadMs(one)
        expect(leadMs).toBeLessThanOrEqual(15 * MINUTE_MS)
        expect(leadMs > 0).toBe(one.bytes > 0)
      }),
    )
  })

  test('is no shorter for more bytes, nor for a video', () => {
    fc.assert(
      fc.property(files, fc.nat({ max: 1_000_000_000 }), (one, more) => {
        const leadMs = prepareLeadMs(one)
        expect(prepareLeadMs({ ...one, bytes: one.bytes + more })).toBeGreaterThanOrEqual(leadMs)
        expect(prepareLeadMs({ ...one, hasVideo: true })).toBeGreaterThanOrEqual(leadMs)
      }),
    )
  })
})
