import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { type Stack, startStack } from '../support/stack.ts'

let stack: Stack
let connection: ConnectionAnswer

beforeAll(async () => {
  stack = await startStack({ ownPostgres: true, ownTemporal: true })
  connection = await stack.connect('mastodon')
}, 120_000)

afterAll(async () => {
  await stack?.stop()
}, 60_000)

describe('a post that falls due while a server is away is published once, afterwards', () => {
  test('Temporal', async () => {
    const post = await schedule('while Temporal was away', 2_000)
    await stack.temporal.server?.stop()
    await overdue(post.scheduled_at)
    await stack.temporal.server?.start()
    await publishedOnce(post.id, 'while Temporal was away')
  }, 120_000)

  test('PostgreSQL', async () => {
    const post = await schedule('while PostgreSQL was away', 2_000)
    await stack.postgres?.kill9()
    await overdue(post.scheduled_at)
    await stack.postgres?.start()
    await publishedOnce(post.id, 'while PostgreSQL was away')
  }, 120_000)

  test('API and worker', async () => {
    const post = await schedule('while Clarion was away', 2_000)
    await Promise.all([stack.worker.kill9(), stack.apiProcess.kill9()])
    await overdue(post.scheduled_at)
    await Promise.all([stack.worker.start(), stack.apiProcess.start()])
    await publishedOnce(post.id, 'while Clarion was away')
  }, 120_000)
})

function schedule(content: string, aheadMs: number) {
  return stack.api.createPost({
    content,
    publish: 'schedule',
    scheduled_at: new Date(Date.now() + aheadMs).toISOString(),
    targets: [{ connection_id: connection.id }],
  })
}

/** The instant itself is the condition. */
async function overdue(scheduledAt: string | null): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, Math.max(0, Date.parse(scheduledAt ?? '') - Date.now()) + 1)
  await promise
}

async function publishedOnce(id: string, text: string): Promise<void> {
  const post = await stack.api.waitForPost(id, ({ status }) => status === 'published', {
    deadlineMs: 60_000,
    mayFail: true,
  })
  const accepted = await stack.sandbox.posts({ text })
  expect(accepted.map((one) => one.platform_post_id)).toEqual([post.targets[0]?.platform_post_id])
}
