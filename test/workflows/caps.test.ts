import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import { retryAt } from '../../activities/give-up.ts'
import type { Activities } from '../../activities/index.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { Cap, Limits } from '../../platforms/connector.ts'
import { postStart } from '../../workflows/start-options.ts'
import { aPost, commanded, ended } from '../support/post-states.ts'
import { connectBluesky, until } from '../support/rows.ts'
import { skipTime } from '../support/time-skipping.ts'
import { made, publish, startTheatre, type Theatre } from './acting.ts'

const HOUR_MS = 3_600_000

let stack: Theatre

beforeAll(async () => {
  stack = await startTheatre()
})
afterAll(() => stack.stop())

/** Plays a platform that lets an account post as often as this. */
function capped(posts: number, windowMs: number): { sent: string[] } {
  const sent: string[] = []
  const cap: Cap = { posts, windowMs, source: 'https://play.test/caps' }
  const limits: Limits = {
    ...{ maxTextLength: 100, textUnit: 'characters', source: 'https://play.test/limits' },
    ...{ caps: [cap], maxThreadParts: 5, maxFirstCommentLength: 100 },
  }
  stack.play({
    limits,
    validate: () => [],
    prepare: async () => ({ state: {} }),
    commit: async ({ text }) => {
      sent.push(text)
      return made(text)
    },
  })
  return { sent }
}

describe('an account at its cap', () => {
  test('waits and says so, while another account is served', async () => {
    const { sent } = capped(1, HOUR_MS)
    const account = await connectBluesky(stack)
    const first = await publish(stack, { account, content: 'first' })
    expect(await first.handle.result()).toMatchObject({ status: 'published' })
    const second = await publish(stack, { account, content: 'second' })
    await until(second.target, ({ waiting_code }) => waiting_code === 'daily_cap')
    const other = await publish(stack, { content: 'other' })
    expect(await other.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['first', 'other'])
    expect(await second.row()).toMatchObject({ status: 'queued' })
    expect(await second.attempts()).toEqual([])
    await second.handle.terminate()
  })

  test('is served when there is room, and no longer says that it waits', async () => {
    const windowMs = 2_500
    const { sent } = capped(2, windowMs)
    const account = await connectBluesky(stack)
    const posts = []
    for (const content of ['one', 'two', 'three']) {
      posts.push(await publish(stack, { account, content }))
      if (content !== 'three') await posts.at(-1)?.reaches('published')
    }
    for (const post of posts) {
      expect(await post.handle.result()).toMatchObject({ status: 'published' })
    }
    expect(sent).toEqual(['one', 'two', 'three'])
    const times = await Promise.all(posts.map(async ({ target }) => publishedAt(await target())))
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(windowMs)
    expect(await posts[2]?.target()).toMatchObject({ waiting_code: null })
  })

  test('counts the parts of a thread, and holds up no comment', async () => {
    const { sent } = capped(2, HOUR_MS)
    const account = await connectBluesky(stack)
    const settings = { thread: [{ content: 'reply' }], first_comment: 'comment' }
    const thread = await publish(stack, { account, content: 'root', settings })
    expect(await thread.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['root', 'reply', 'comment'])
    const next = await publish(stack, { account, content: 'next' })
    await until(next.target, ({ waiting_code }) => waiting_code === 'daily_cap')
    await next.handle.terminate()
  })
})

function publishedAt(row: object): number {
  return 'published_at' in row ? new Date(String(row.published_at)).getTime() : Number.NaN
}

test.each(['daily_cap', 'rate_limited'])(
  '%s of more than a day is waited for beyond the day that a publish is tried',
  async (code) => {
    let tries = 0
    let row = commanded(aPost(), { type: 'publish' })
    const activities: Partial<Activities> = {
      publishToPlatform: async ({ targetId }) => {
        if (tries++ === 0) {
          throw retryAt(Date.now() + 25 * HOUR_MS, code, 'Full.')
        }
        row = { ...applyEvent(row, ended(targetId, 'published')), seq: row.seq + 1 }
        return { outcome: 'ended', post: row }
      },
      giveUpOnTarget: async () => {
        throw ApplicationFailure.nonRetryable('it was given up')
      },
    }
    const time = await skipTime(activities)
    try {
      const start = postStart({ tenantId: randomUUID(), postId: randomUUID(), post: row })
      const result = await time.client.workflow.execute('postWorkflow', start)
      expect(result).toMatchObject({ status: 'published' })
      expect(tries).toBe(2)
    } finally {
      await time.stop()
    }
  },
)
