import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { command } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import {
  acceptedPosts,
  connectBluesky,
  insertPost,
  readPost,
  startPost,
  until,
} from '../support/rows.ts'

let stack: InProcess

beforeAll(async () => {
  stack = await startInProcess()
})
afterAll(() => stack.stop())

async function blueskyTarget() {
  const account = await connectBluesky(stack)
  return { ...account, platform: 'bluesky' }
}

function fault(body: object) {
  return fetch(`${stack.sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'bluesky', times: 1, ...body }),
  })
}

describe('publishing', () => {
  test('a post published now costs one activity and few history events', async () => {
    const target = await blueskyTarget()
    const postId = await insertPost(stack, { content: 'now', targets: [target], status: 'queued' })
    const handle = await startPost(stack, postId)
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await readPost(stack, postId)).toMatchObject({ status: 'published' })
    expect(await acceptedPosts(stack.sandbox.url, target.accountId)).toMatchObject([
      { text: 'now' },
    ])
    const events = (await handle.fetchHistory()).events ?? []
    const calls = events.filter((event) => event.activityTaskScheduledEventAttributes)
    expect(calls).toHaveLength(1)
    expect(events.length).toBeLessThanOrEqual(20)
  })

  test('a scheduled post is not sent before its instant', async () => {
    const target = await blueskyTarget()
    const scheduledAt = new Date(Date.now() + 2_000)
    const post = { content: 'later', targets: [target], status: 'scheduled' as const, scheduledAt }
    const handle = await startPost(stack, await insertPost(stack, post))
    expect(await handle.result()).toMatchObject({ status: 'published' })
    const [accepted] = await acceptedPosts(stack.sandbox.url, target.accountId)
    expect(Date.parse(accepted?.accepted_at ?? '')).toBeGreaterThanOrEqual(scheduledAt.getTime())
    const events = (await handle.fetchHistory()).events ?? []
    expect(events.length).toBeLessThanOrEqual(20)
  })

  test('an answer lost after acceptance is looked up, and the post is there once', async () => {
    const target = await blueskyTarget()
    const { accountId } = target
    await fault({ step: 'publish', fault: 'drop_after_accept', account_id: accountId })
    const postId = await insertPost(stack, { content: 'lost', targets: [target], status: 'queued' })
    const handle = await startPost(stack, postId)
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await acceptedPosts(stack.sandbox.url, accountId)).toHaveLength(1)
  })

  test('a connection dropped before acceptance is looked up, then sent again', async () => {
    const target = await blueskyTarget()
    const { accountId } = target
    await fault({ step: 'publish', fault: 'drop_before', account_id: accountId })
    const postId = await insertPost(stack, { content: 'gone', targets: [target], status: 'queued' })
    const handle = await startPost(stack, postId)
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await acceptedPosts(stack.sandbox.url, accountId)).toHaveLength(1)
  })

  test('an expired access token is refreshed once and the post goes out', async () => {
    const target = await blueskyTarget()
    const { accountId } = target
    await fetch(`${stack.sandbox.url}/_sandbox/expire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ platform: 'bluesky', account_id: accountId }),
    })
    const postId = await insertPost(stack, { content: 'old', targets: [target], status: 'queued' })
    const handle = await startPost(stack, postId)
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await acceptedPosts(stack.sandbox.url, accountId)).toHaveLength(1)
  })

  test('refused content fails with the reason and waits for a person', async () => {
    const target = await blueskyTarget()
    await fault({ step: 'publish', fault: 'refuse', account_id: target.accountId })
    const postId = await insertPost(stack, { content: 'bad', targets: [target], status: 'queued' })
    const handle = await startPost(stack, postId)
    await until(
      () => readPost(stack, postId),
      (post) => post.status === 'failed',
    )
    expect(await acceptedPosts(stack.sandbox.url, target.accountId)).toHaveLength(0)
    const cancelled = await command({ handle, row: () => readPost(stack, postId) }, 'cancel')
    expect(cancelled).toMatchObject({ status: 'cancelled' })
    expect(await handle.result()).toMatchObject({ status: 'cancelled' })
  })

  test('withdrawn at the last moment, a staged post is not sent', async () => {
    const target = await blueskyTarget()
    const scheduledAt = new Date(Date.now() + 1_500)
    const post = { content: 'no', targets: [target], status: 'scheduled' as const, scheduledAt }
    const postId = await insertPost(stack, post)
    const handle = await startPost(stack, postId)
    const isStaged = async () => (await handle.describe()).raw.pendingActivities?.length ?? 0
    await until(isStaged, (staged) => staged > 0)
    await command({ handle, row: () => readPost(stack, postId) }, 'cancel')
    expect(await handle.result()).toMatchObject({ status: 'cancelled' })
    expect(await acceptedPosts(stack.sandbox.url, target.accountId)).toHaveLength(0)
  })
})
