import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { inspectTemporal } from '../support/evidence.ts'
import type { OwnPostgres, OwnTemporal } from '../support/own-servers.ts'
import { publishOn } from '../support/publish-requests.ts'
import { expectSettled } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { type Held, startTap, type Tap } from '../support/tap.ts'
import { waitUntil } from '../support/wait-until.ts'

let tap: Tap
let stack: Stack
let postgres: OwnPostgres
let temporal: OwnTemporal
let connection: ConnectionAnswer

beforeAll(async () => {
  stack = await startStack({
    ownPostgres: true,
    ownTemporal: true,
    via: async (sandboxUrl) => {
      tap = await startTap(sandboxUrl)
      return tap.url
    },
  })
  if (stack.postgres === undefined || stack.temporal.server === undefined) {
    throw new Error('the servers are not ours to stop')
  }
  postgres = stack.postgres
  temporal = stack.temporal.server
  connection = await stack.connect('mastodon')
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await tap?.close()
}, 60_000)

describe('a post that falls due while a server is away is published once, afterwards', () => {
  test('Temporal', async () => {
    const post = await schedule('while Temporal was away', 2_000)
    await temporal.stop()
    await overdue(post.scheduled_at)
    await temporal.start()
    await publishedOnce(post)
  }, 120_000)

  test('PostgreSQL', async () => {
    const post = await schedule('while PostgreSQL was away', 2_000)
    await postgres.kill9()
    await overdue(post.scheduled_at)
    await postgres.start()
    await publishedOnce(post)
  }, 120_000)

  test('API and worker', async () => {
    const post = await schedule('while Clarion was away', 2_000)
    await Promise.all([stack.worker.kill9(), stack.apiProcess.kill9()])
    await overdue(post.scheduled_at)
    await Promise.all([stack.worker.start(), stack.apiProcess.start()])
    await publishedOnce(post)
  }, 120_000)
})

describe('an answer that comes while a server is away is recorded, not looked up', () => {
  test.each([
    ['kill -9 of PostgreSQL', () => postgres.kill9()],
    ['a clean stop of PostgreSQL', () => postgres.stop()],
  ])(
    '%s',
    async (name, goAway) => {
      const { post, request } = await publishHeld(name)
      await goAway()
      await answer(request)
      await postgres.start()
      await publishedOnce(post)
    },
    120_000,
  )

  test('kill -9 of PostgreSQL, then of the worker: its heartbeat told the next', async () => {
    const { post, request } = await publishHeld('both killed')
    await postgres.kill9()
    await answer(request)
    await waitUntil('the answer is in the heartbeat', () => isAnswerKept(post))
    await stack.worker.kill9()
    await postgres.start()
    await stack.worker.start()
    await publishedOnce(post)
  }, 120_000)

  test('kill -9 of Temporal: the row has it before Temporal is back', async () => {
    const { post, request } = await publishHeld('Temporal killed')
    await temporal.kill9()
    await request.forward()
    request.answer()
    await stack.api.waitForPost(post.id, ({ status }) => status === 'published')
    await temporal.start()
    await publishedOnce(post)
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

async function publishHeld(content: string): Promise<{ post: PostAnswer; request: Held }> {
  const held = tap.hold(publishOn('mastodon', content))
  const targets = [{ connection_id: connection.id }]
  const post = await stack.api.createPost({ content, publish: 'now', targets })
  return { post, request: await held }
}

/** Returns when the worker has the answer and has found that it cannot write it. */
async function answer(request: Held): Promise<void> {
  const before = failedRecords()
  await request.forward()
  request.answer()
  await waitUntil('the worker could not record the answer', () => failedRecords() > before)
}

function failedRecords(): number {
  return stack.worker.logs().split('database away while recording').length
}

/** Whether a worker that finds the activity again would know the answer. */
async function isAnswerKept(post: PostAnswer): Promise<boolean> {
  const histories = await inspectTemporal(stack.temporal)
  try {
    const { raw } = await histories.client.workflow.getHandle(post.workflow_id).describe()
    const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data
    return Buffer.from(details ?? []).includes('attemptId')
  } finally {
    await histories.close()
  }
}

async function publishedOnce({ id }: PostAnswer): Promise<void> {
  const stories = await expectSettled(stack)
  const story = stories.find((one) => one.id === id)
  expect(story).toMatchObject({
    status: 'published',
    targets: [{ attempts: ['published by answer'] }],
    events: ['created', 'publishing', 'target_published'],
  })
}
