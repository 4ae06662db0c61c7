import { describe, expect, test } from '@jest/globals'
import { Burst } from './burst.ts'

/** Whether a promise is settled once everything that can run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

describe('bookkeeping', () => {
  test('does not wait while nothing is due', async () => {
    expect(await isSettled(new Burst().calm())).toBe(true)
  })

  test('stands back until the last due commit is made', async () => {
    const burst = new Burst()
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const commits = [first, second].map(({ promise }) => burst.commit(() => promise))
    const calm = burst.calm()
    first.resolve()
    await commits[0]
    expect(await isSettled(calm)).toBe(false)
    second.resolve()
    await commits[1]
    expect(await isSettled(calm)).toBe(true)
  })

  test('of every post goes on, and a later burst holds it again', async () => {
    const burst = new Burst()
    for (const round of [1, 2]) {
      const due = Promise.withResolvers<number>()
      const commit = burst.commit(() => due.promise)
      const waiting = [burst.calm(), burst.calm(), burst.calm()]
      expect(await isSettled(Promise.race(waiting))).toBe(false)
      due.resolve(round)
      expect(await commit).toBe(round)
      expect(await isSettled(Promise.all(waiting))).toBe(true)
    }
  })

  test('is not held for ever by a commit that failed', async () => {
    const burst = new Burst()
    const due = Promise.withResolvers<void>()
    const commit = burst.commit(() => due.promise)
    const calm = burst.calm()
    due.reject(new Error('refused'))
    await expect(commit).rejects.toThrow('refused')
    expect(await isSettled(calm)).toBe(true)
    expect(await isSettled(burst.calm())).toBe(true)
  })
})
