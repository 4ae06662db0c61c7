import { expect, test } from '@jest/globals'
import { makeRateLimits } from './rate-limits.ts'

/** Remaining requests, as the header says them. */
function remaining(header: string | undefined): number {
  return Number(/;r=(\d+);t=\d+$/.exec(header ?? '')?.[1])
}

test('a quota counts down, is used up, and says when there is a new one', async () => {
  const limits = makeRateLimits({ perKey: 3, perAddress: 99 })
  const left: number[] = []
  for (let request = 1; request <= 3; request++) {
    const { headers, retryAfterSeconds } = await limits.byKey('one')
    expect(retryAfterSeconds).toBeUndefined()
    left.push(remaining(headers.ratelimit))
  }
  expect(left).toEqual([2, 1, 0])
  const refused = await limits.byKey('one')
  expect(refused.retryAfterSeconds).toBeGreaterThanOrEqual(1)
  expect(refused.retryAfterSeconds).toBeLessThanOrEqual(60)
  expect(refused.headers).toEqual({
    'ratelimit-policy': '"key";q=3;w=60',
    ratelimit: `"key";r=0;t=${refused.retryAfterSeconds}`,
  })
})

test('every key, and every address, has a quota of its own', async () => {
  const limits = makeRateLimits({ perKey: 1, perAddress: 2 })
  await limits.byKey('one')
  expect(await limits.byKey('one')).toHaveProperty('retryAfterSeconds')
  expect(await limits.byKey('two')).not.toHaveProperty('retryAfterSeconds')
  // The same word as an address is another one, with the other limit.
  const { headers } = await limits.byAddress('one')
  expect(headers['ratelimit-policy']).toBe('"address";q=2;w=60')
  expect(remaining(headers.ratelimit)).toBe(1)
})

test('two processes, or two tests, do not share their counts', async () => {
  await makeRateLimits({ perKey: 1, perAddress: 1 }).byKey('one')
  const other = await makeRateLimits({ perKey: 1, perAddress: 1 }).byKey('one')
  expect(other).not.toHaveProperty('retryAfterSeconds')
})
