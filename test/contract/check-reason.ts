import { expect } from '@jest/globals'

const SENTENCES = /^[A-Z“][^\n]*[.!?…]”?$/
const MARKUP = /[{}]|<[a-z/!]|&(amp|lt|gt|quot|#\d+);/i
const ADDRESS_WITH_QUERY = /https?:\/\/\S+\?\S/i
const SHAPELESS = /undefined|null|NaN|\[object/

/** A reason must read like sentences for a marketer and hold no secret. */
export function checkReason(reason: string, secrets: readonly string[]): void {
  expect(reason).toMatch(SENTENCES)
  expect(reason.split(/\s+/).length).toBeGreaterThanOrEqual(4)
  expect(reason.length).toBeLessThanOrEqual(500)
  for (const fault of [MARKUP, ADDRESS_WITH_QUERY, SHAPELESS]) expect(reason).not.toMatch(fault)
  expect(secrets.filter((secret) => reason.includes(secret))).toEqual([])
}
