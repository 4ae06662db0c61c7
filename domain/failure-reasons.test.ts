import { expect, test } from '@jest/globals'
import { reasonFor, waitingReasonFor } from './failure-reasons.ts'

test.each([
  'connection_inactive',
  'needs_reconnect',
  'gave_up',
  'content_invalid',
  'thread_changed',
])('%s has words of its own', (code) => {
  expect(reasonFor(code)).toMatch(/^[A-Z].+\.$/)
  expect(reasonFor(code)).not.toBe(reasonFor('never heard of'))
})

test.each(['daily_cap', 'rate_limited', 'vault_unavailable'])('waiting for %s too', (code) => {
  expect(waitingReasonFor(code)).toMatch(/^The .+\.$/)
  expect(waitingReasonFor(code)).not.toBe(waitingReasonFor('never heard of'))
})
