import { describe, expect, test } from '@jest/globals'
import { heartbeat } from '@temporalio/activity'
import { MockActivityEnvironment } from '@temporalio/testing'
import { withHeart } from './heart.ts'

/** Runs it as an activity; answers what it told the server too. */
async function run<T>(work: () => Promise<T>, heartbeatDetails?: unknown) {
  const env = new MockActivityEnvironment({ heartbeatDetails })
  const beats: unknown[] = []
  env.on('heartbeat', (details: unknown) => beats.push(details))
  const result = await env.run(work)
  return { result, beats }
}

describe('a heart', () => {
  test('answers what the work answers', async () => {
    expect((await run(() => withHeart(async () => 7))).result).toBe(7)
  })

  test('tells at once what has to be remembered', async () => {
    const { beats } = await run(() =>
      withHeart(async ({ remember }) => {
        remember({ attemptId: 'a1' })
        remember({ attemptId: 'a1', answer: 'p1' })
      }),
    )
    expect(beats).toEqual([{ attemptId: 'a1' }, { attemptId: 'a1', answer: 'p1' }])
  })

  test('passes on the work’s error, and beats no more', async () => {
    const env = new MockActivityEnvironment()
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const failing = env.run(() => withHeart(() => Promise.reject(new Error('refused'))))
    await expect(failing).rejects.toThrow('refused')
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    expect(after).toBe(before)
  })

  test('is heard by this test at all', async () => {
    const { beats } = await run(async () => heartbeat('beat'))
    expect(beats).toEqual(['beat'])
  })
})
