import { expect, test } from '@jest/globals'
import { waitUntil } from './wait-until.ts'

const NEVER = new AbortController().signal

test('does not return before the instant, by the clock that the claim compares with', async () => {
  const at = Date.now() + 30
  await waitUntil(at, NEVER)
  expect(Date.now()).toBeGreaterThanOrEqual(at)
})

test.each([null, 0])('does not wait for %p', async (at) => {
  await expect(waitUntil(at, NEVER)).resolves.toBeUndefined()
})

test('gives the post to another worker when this one shuts down', async () => {
  const shutdown = new AbortController()
  const waiting = waitUntil(Date.now() + 60_000, shutdown.signal)
  shutdown.abort()
  await expect(waiting).rejects.toMatchObject({ type: 'worker_shutdown', nonRetryable: false })
  const late = waitUntil(Date.now() + 60_000, shutdown.signal)
  await expect(late).rejects.toMatchObject({ type: 'worker_shutdown' })
})
