import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import {
  type Histories,
  type Inspector,
  inspectDatabase,
  inspectTemporal,
} from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'

const CONTENT = 'Grüße 👩‍🚀 from the end-to-end test: https://example.com/launch #clarion'
const PLATFORMS = ['x', 'bluesky', 'mastodon'] as const

let stack: Stack
let database: Inspector
let temporal: Histories
let connections: ConnectionAnswer[]
let post: PostAnswer

beforeAll(async () => {
  stack = await startStack()
  database = inspectDatabase(stack.databaseUrl)
  temporal = await inspectTemporal(stack.temporal)
  connections = await Promise.all(PLATFORMS.map((platform) => stack.connect(platform)))
  const scheduled = await stack.api.createPost({
    content: CONTENT,
    publish: 'schedule',
    scheduled_at: new Date(Date.now() + 3_000).toISOString(),
    targets: connections.map(({ id }) => ({ connection_id: id })),
  })
  post = await stack.api.waitForPost(scheduled.id, ({ status }) => status === 'published')
}, 120_000)

afterAll(async () => {
  await temporal?.close()
  await database?.close()
  await stack?.stop()
}, 60_000)

describe('a post scheduled for X, Bluesky and Mastodon', () => {
  test('is connected by the real flows', () => {
    expect(connections.map(({ platform, status }) => [platform, status])).toEqual(
      PLATFORMS.map((platform) => [platform, 'active']),
    )
  })

  test('reaches each platform exactly once, not before its time', async () => {
    const accepted = await stack.sandbox.posts()
    expect(accepted.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS.toSorted())
    for (const { accepted_at } of accepted) {
      expect(Date.parse(accepted_at)).toBeGreaterThanOrEqual(Date.parse(post.scheduled_at ?? ''))
    }
    const published = await stack.sandbox.calls({ step: 'publish' })
    expect(published).toHaveLength(PLATFORMS.length)
  })

  test('is told as the platforms have it', async () => {
    const truth = new Map(
      (await stack.sandbox.posts()).map((one) => [one.platform, one.platform_post_id]),
    )
    for (const target of post.targets) {
      expect(target).toMatchObject({ status: 'published', attempt_count: 1, failure_code: null })
      expect(target.platform_post_id).toBe(truth.get(target.platform))
      expect(target.permalink).toMatch(/^https?:\/\//)
    }
    expect(post.posted_at).not.toBeNull()
    expect(post.allowed_actions).not.toContain('publish')
  })

  test('row, attempts and events agree', async () => {
    const [row] = await database.query<{ status: string; seq: string }>(
      'select status, seq from posts where id = ?',
      [post.id],
    )
    expect(row?.status).toBe('published')
    const attempts = await database.query<{ target_id: string; status: string; id: string }>(
      'select target_id, status, platform_post_id as id from publish_attempts where post_id = ?',
      [post.id],
    )
    expect(new Map(attempts.map((one) => [one.target_id, [one.status, one.id]]))).toEqual(
      new Map(post.targets.map((one) => [one.id, ['published', one.platform_post_id]])),
    )
    expect(attempts).toHaveLength(post.targets.length)
    const { data: events } = await stack.api.call<{ data: { seq: number; type: string }[] }>(
      'GET',
      `/v1/posts/${post.id}/events`,
    )
    const seqs = events.map(({ seq }) => seq)
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(events.some(({ type }) => type.includes('published'))).toBe(true)
  })

  test('the workflow ends with the same outcome', async () => {
    const handle = temporal.client.workflow.getHandle(post.workflow_id)
    expect(await handle.result()).toMatchObject({ status: 'published', failureCodes: [] })
    expect((await handle.describe()).status.name).toBe('COMPLETED')
  })

  test('leaves nothing in the outbox', async () => {
    const open = await database.query('select kind from outbox where processed_at is null')
    expect(open).toEqual([])
  })
})

describe('no secret leaves', () => {
  let secrets: string[]
  const leaksIn = (text: string) => secrets.filter((secret) => text.includes(secret))

  beforeAll(async () => {
    secrets = (await stack.sandbox.secrets()).filter((secret) => secret.length >= 8)
  })

  test('there are secrets to look for', async () => {
    // Tokens of three platforms, the app password, the app's secret, codes.
    expect(secrets.length).toBeGreaterThan(6)
    expect(leaksIn(`token=${secrets[0]};`)).toHaveLength(1)
  })

  test('by HTTP answers', async () => {
    const paths = [
      '/v1/connections',
      ...connections.map(({ id }) => `/v1/connections/${id}`),
      ...connections.map(({ id }) => `/v1/connections/${id}/events`),
      '/v1/posts',
      ...['', '/attempts', '/events', '/approvals'].map((end) => `/v1/posts/${post.id}${end}`),
      '/v1/me',
      '/metrics',
      '/readyz',
    ]
    for (const path of paths) {
      const reply = await stack.api.send('GET', path)
      expect([path, reply.status, leaksIn(reply.text)]).toEqual([path, 200, []])
    }
  })

  test('by the logs of the processes', () => {
    const logs = stack.apiProcess.logs() + stack.worker.logs()
    expect(logs.length).toBeGreaterThan(1000)
    expect(leaksIn(logs)).toEqual([])
    expect(logs).not.toContain(stack.key)
  })

  test('by the database', async () => {
    const dump = await database.dump()
    expect(dump).toContain(post.id)
    expect(leaksIn(dump)).toEqual([])
    expect(dump).not.toContain(stack.key)
  })

  test('by the histories in Temporal, nor the content', async () => {
    const workflows = [post.workflow_id, ...connections.map((one) => one.workflow_id)]
    const ids = new Set([...workflows, ...(await temporal.ids())])
    const histories = await Promise.all([...ids].map((id) => temporal.text(id)))
    for (const history of histories) expect(leaksIn(history)).toEqual([])
    const all = histories.join('\n')
    // Payloads were read: this outcome stands in none but the workflow's result.
    expect(all).toContain('"failureCodes":[]')
    expect(all).not.toContain('end-to-end test')
  })
})
