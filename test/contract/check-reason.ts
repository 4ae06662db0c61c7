import { expect } from '@jest/globals'
import type { Bench } from './bench.ts'

const MARKUP = /[{}]|<[a-z/!]|&(amp|lt|gt|quot|#\d+);/i
const ADDRESS_WITH_QUERY = /https?:\/\/\S+\?\S/i

/** A reason must read like a sentence for a marketer and hold no secret. */
export async function checkReason({ harness }: Bench, reason: string): Promise<void> {
  expect(reason).toMatch(/^[A-Z“][^\n]*[.!?]”?$/)
  expect(reason.split(/\s+/).length).toBeGreaterThanOrEqual(4)
  expect(reason.length).toBeLessThanOrEqual(500)
  expect(reason).not.toMatch(MARKUP)
  expect(reason).not.toMatch(ADDRESS_WITH_QUERY)
  const { data } = Object(await harness.control('GET', '/_sandbox/secrets'))
  expect(data.filter((secret: string) => reason.includes(secret))).toEqual([])
}
