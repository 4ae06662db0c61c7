import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { freePort } from '../../scripts/tools/free-port.ts'
import { postWorkflowId } from '../../workflows/contract.ts'
import { type ApiClient, makeApiClient, type Reply } from '../support/api-client.ts'
import { type BlackHole, startBlackHole } from '../support/black-hole.ts'
import {
  type Histories,
  type Inspector,
  inspectDatabase,
  inspectTemporal,
} from '../support/evidence.ts'
import { startApiProcess, type UrlProcess } from '../support/processes.ts'
import { lockTable, untilEnded } from '../support/row-lock.ts'
import { expectSettled } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { waitUntil } from '../support/wait-until.ts'

let stack: Stack
let connection: ConnectionAnswer
let database: Inspector
let temporal: Histories

beforeAll(async () => {
  stack = await startStack()
  database = inspectDatabase(stack.databaseUrl)
  temporal = await inspectTemporal(stack.temporal)
  connection = await stack.connect('mastodon')
}, 120_000)

afterAll(async () => {
  await temporal?.close()
  await database?.close()
  await stack?.stop()
}, 60_000)

describe('kill -9 of the API', () => {
  let hole: BlackHole
  let doomed: UrlProcess
  let client: ApiClient

  /** An API whose calls to Temporal hang, and no worker that does its work meanwhile. */
  beforeEach(async () => {
    await stack.worker.kill9()
    hole = await startBlackHole()
    doomed = await startDoomedApi(hole.address)
    client = makeApiClient(doomed.url, stack.key)
  }, 30_000)

  afterEach(async () => {
    await doomed?.kill9()
    await hole?.close()
  })

  test('between the row and the workflow: a repeat answers the same post, sent once', async () => {
    const body = bodyOf('killed before the workflow')
    const key = { 'idempotency-key': randomUUID() }
    const lost = outcomeOf(client.send('POST', '/v1/posts', body, key))
    const id = await rowOf(body.content)
    await doomed.kill9()
    expect(await lost).toBe('no answer')
    expect(await hasWorkflow(id)).toBe(false)

    const repeat = await stack.api.send('POST', '/v1/posts', body, key)
    expect([repeat.status, JSON.parse(repeat.text).id]).toEqual([201, id])
    expect(repeat.headers.get('idempotency-replayed')).toBe('true')
    expect(await hasWorkflow(id)).toBe(false)
    await stack.worker.start()
    await expectPublishedOnce(body.content, id)
  }, 60_000)

  test('before the row is committed: nothing is left, and a repeat makes the post', async () => {
    const body = bodyOf('killed before the row')
    const key = { 'idempotency-key': randomUUID() }
    const lock = await lockTable(stack, 'posts')
    const lost = outcomeOf(client.send('POST', '/v1/posts', body, key))
    const sessions = await lock.untilWaiting(1)
    await doomed.kill9()
    await lock.release()
    await untilEnded(database, sessions)
    expect(await lost).toBe('no answer')
    expect(await idsOf(body.content)).toEqual([])

    const early = await stack.api.send('POST', '/v1/posts', body, key)
    expect([early.status, JSON.parse(early.text).code]).toEqual([409, 'idempotency_in_flight'])
    // Nobody can know that the first request is dead until its minute is over.
    const sql = 'update idempotency_keys set locked_until = now() where key = ?'
    await database.query(sql, [key['idempotency-key']])
    const repeat = await stack.api.send('POST', '/v1/posts', body, key)
    expect(repeat.status).toBe(201)
    await stack.worker.start()
    await expectPublishedOnce(body.content, JSON.parse(repeat.text).id)
  }, 60_000)

  test('between a change and its signal: the workflow follows the row', async () => {
    await stack.worker.start()
    const { id } = await stack.api.createPost({
      ...bodyOf('before the change'),
      publish: 'schedule',
      scheduled_at: new Date(Date.now() + 3_600_000).toISOString(),
    })
    const content = 'killed after the change'
    const change = { content, scheduled_at: new Date(Date.now() + 2_000).toISOString() }
    const lost = outcomeOf(client.send('PATCH', `/v1/posts/${id}`, change))
    expect(await rowOf(content)).toBe(id)
    await doomed.kill9()
    expect(await lost).toBe('no answer')
    await expectPublishedOnce(content, id)
  }, 60_000)
})

function bodyOf(content: string) {
  return { content, publish: 'now', targets: [{ connection_id: connection.id }] }
}

async function startDoomedApi(temporalAddress: string): Promise<UrlProcess> {
  const dir = join(stack.dir, `doomed-${randomUUID()}`)
  mkdirSync(dir)
  const port = String(await freePort())
  const own = { PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` }
  const env = { ...stack.env, ...own, TEMPORAL_ADDRESS: temporalAddress }
  return startApiProcess({ dir, env })
}

/** `no answer`: the connection was cut, so the client cannot know what became of its request. */
function outcomeOf(sending: Promise<Reply>): Promise<string> {
  return sending.then(
    ({ status, text }) => `${status} ${text}`,
    () => 'no answer',
  )
}

async function idsOf(content: string): Promise<string[]> {
  const sql = 'select id from posts where content = ?'
  return (await database.query<{ id: string }>(sql, [content])).map(({ id }) => id)
}

function rowOf(content: string): Promise<string> {
  return waitUntil(`the row of "${content}"`, async () => (await idsOf(content))[0])
}

async function hasWorkflow(postId: string): Promise<boolean> {
  const handle = temporal.client.workflow.getHandle(postWorkflowId(stack.tenantId, postId))
  const missing = (error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
  return (await handle.describe().catch(missing)) !== undefined
}

async function expectPublishedOnce(content: string, id: string): Promise<void> {
  await stack.api.waitForPost(id, ({ status }) => status === 'published')
  const stories = await expectSettled(stack)
  const told = stories.filter((story) => story.content === content)
  expect(told.map((story) => [story.id, story.status])).toEqual([[id, 'published']])
  expect(told[0]?.targets[0]?.attempts).toEqual(['published by answer'])
}
