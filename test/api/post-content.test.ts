import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Platform } from '../../domain/platforms.ts'
import { addConnection } from '../db/rows.ts'
import { makeImage, makePdf } from '../support/media-files.ts'
import { connectBluesky, connectMastodon, connectX } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient, type Reply } from './support/client.ts'
import { uploadFile } from './support/upload.ts'

interface Finding {
  path: string
  code: string
  message: string
}

let api: TestApi
let alice: Client
let x: string
let bluesky: string
let mastodon: string
let image: string
let pdf: string
let bobs: string

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  x = await connectX(api, alice)
  bluesky = await connectBluesky(api, alice)
  mastodon = await connectMastodon(api, alice)
  image = await upload(api.alice.key, (await makeImage()).path)
  pdf = await upload(api.alice.key, (await makePdf()).path)
  bobs = await upload(api.bob.key, (await makeImage()).path)
})
afterAll(() => api.close())

async function upload(key: string, path: string): Promise<string> {
  const { status, json } = await uploadFile(api.url, key, path)
  expect(status).toBe(201)
  return String(json.id)
}

function rows<T extends object>(statement: string, values: unknown[] = []): Promise<T[]> {
  return api.db.withTenant(api.alice.tenantId, (em) => em.execute<T[]>(statement, values))
}

/** An account of a platform whose consent is another test's matter. */
function account(platform: Platform): Promise<string> {
  const { tenantId, userId } = api.alice
  const team = { tenantId, adminId: userId, staffId: userId }
  return api.db.withTenant(tenantId, (em) =>
    addConnection(em, team, {
      ...{ platform, status: 'active', isAuthenticated: true },
      ...{ platformAccountId: randomUUID(), accountHandle: platform, connectedAt: new Date() },
    }),
  )
}

function findingsOf({ text }: Reply): Finding[] {
  const found: { errors?: Finding[] } = JSON.parse(text)
  return found.errors ?? []
}

async function draft(body: object): Promise<string> {
  const reply = await alice.post('/v1/posts', body)
  expect(reply.text && reply.status).toBe(201)
  return String(reply.json.id)
}

/** What validate says; create and change must say the same, word for word, and write nothing. */
async function everywhere(body: { targets: object[] }): Promise<Finding[]> {
  const valid = await alice.post('/v1/posts/validate', body)
  expect(valid.text && valid.status).toBe(200)
  const findings = findingsOf(valid)
  expect(valid.json.valid).toBe(findings.length === 0)
  const count = 'select count(*)::int as n from posts'
  const [before] = await rows<{ n: number }>(count)
  const created = await alice.post('/v1/posts', body)
  expect([created.status, created.json.code]).toEqual([422, 'content_invalid'])
  expect(findingsOf(created)).toEqual(findings)
  expect(await rows(count)).toEqual([before])
  const id = await draft({ content: 'fine', targets: [{ connection_id: mastodon }] })
  const changed = await alice.patch(`/v1/posts/${id}`, body)
  expect([changed.status, changed.json.code]).toEqual([422, 'content_invalid'])
  expect(findingsOf(changed)).toEqual(findings)
  expect((await alice.get(`/v1/posts/${id}`)).json).toMatchObject({ content: 'fine', revision: 1 })
  return findings
}

const to = (connection_id: string, more: object = {}) => ({ connection_id, ...more })
const at = (findings: readonly Finding[]) => findings.map(({ path, code }) => [path, code])

describe('findings are the same wherever content is judged', () => {
  const long = 'a'.repeat(301)
  const gone = randomUUID()

  test.each<[string, () => { content?: string; media?: object[]; targets: object[] }, string[]]>([
    [
      'a text, at each target that takes it',
      () => ({ content: long, targets: [to(x), to(bluesky), to(mastodon)] }),
      ['targets[0].content text_too_long', 'targets[1].content text_too_long'],
    ],
    [
      'a variant',
      () => ({ content: 'a', targets: [to(mastodon), to(x, { content: long })] }),
      ['targets[1].content text_too_long'],
    ],
    [
      'a file of a wrong type',
      () => ({ content: 'a', media: [{ media_id: pdf }], targets: [to(bluesky)] }),
      ['media[0] media_type'],
    ],
    [
      'a file that is not there, once for all targets',
      () => ({
        content: 'a',
        media: [{ media_id: image }, { media_id: gone }],
        targets: [to(bluesky), to(mastodon)],
      }),
      ['media[1] unknown_media'],
    ],
    [
      'a file of another tenant',
      () => ({ content: 'a', media: [{ media_id: bobs }], targets: [to(mastodon)] }),
      ['media[0] unknown_media'],
    ],
    [
      'a setting that is none',
      () => ({ content: 'a', targets: [to(mastodon, { settings: { visibility: 'nope' } })] }),
      ['targets[0].settings.visibility invalid_setting'],
    ],
    [
      'a setting that names a file, and has a name of its own kind',
      () => ({
        content: 'a',
        targets: [to(mastodon, { settings: { 'Odd-Name_media_id': image } })],
      }),
      ['targets[0].settings.Odd-Name_media_id unknown_setting'],
    ],
    [
      'a part of a thread',
      () => ({
        content: 'a',
        targets: [to(bluesky, { settings: { thread: [{ content: 'b' }, { content: long }] } })],
      }),
      ['targets[0].settings.thread[1].content text_too_long'],
    ],
    [
      'a file of another tenant in a thread',
      () => ({
        content: 'a',
        targets: [
          to(bluesky, {
            settings: { thread: [{ content: 'b', media: [{ media_id: bobs }] }] },
          }),
        ],
      }),
      ['targets[0].settings.thread[0].media[0] unknown_media'],
    ],
    [
      'a thread that is none',
      () => ({ content: 'a', targets: [to(bluesky, { settings: { thread: 'two' } })] }),
      ['targets[0].settings.thread invalid_setting'],
    ],
  ])('%s', async (_what, body, wanted) => {
    const findings = await everywhere(body())
    expect(findings.map(({ path, code }) => `${path} ${code}`)).toEqual(wanted)
    for (const { message } of findings) expect(message).toMatch(/^[“A-Z].{10,}\.$/)
  })

  test('a thumbnail of another tenant, beside its own rules', async () => {
    const youtube = await account('youtube')
    const film = (thumbnail_media_id: string) => {
      const settings = { title: 'Film', thumbnail_media_id }
      return { content: '', targets: [to(youtube, { settings })] }
    }
    const path = 'targets[0].settings.thumbnail_media_id'
    expect(at(await everywhere(film(bobs)))).toContainEqual([path, 'unknown_media'])
    expect(at(await everywhere(film(pdf)))).toContainEqual([path, 'media_type'])
    expect(at(await everywhere(film('no id')))).toContainEqual([path, 'invalid_setting'])
  })
})

describe('defaults of an account', () => {
  test.each([
    ['pinterest', 'board_id', 'default_board_id', '4711'],
    ['reddit', 'subreddit', 'default_subreddit', 'clarion_sandbox'],
  ] as const)('stand in for settings of %s', async (platform, name, fallback, value) => {
    const connection = await account(platform)
    const body = {
      content: platform === 'reddit' ? 'text' : '',
      media: platform === 'reddit' ? [] : [{ media_id: image }],
      targets: [to(connection, { settings: { title: 'T' } })],
    }
    const path = `targets[0].settings.${name}`
    expect((await everywhere(body)).map((one) => one.path)).toEqual([path])
    const settings = { [fallback]: value }
    const changed = await alice.patch(`/v1/connections/${connection}`, { settings })
    expect(changed.text && changed.status).toBe(200)
    expect((await alice.post('/v1/posts/validate', body)).json).toEqual({ valid: true, errors: [] })
    // The target's own wins, and is judged.
    const own = { ...body, targets: [to(connection, { settings: { title: 'T', [name]: '!' } })] }
    expect((await everywhere(own)).map((one) => one.path)).toEqual([path])
  })
})

describe('a rule that an account’s platform tightens', () => {
  const lower = (length: number | null) =>
    rows(`update connections set metadata = metadata || ?::jsonb where id = ?`, [
      JSON.stringify({ limits: length === null ? {} : { max_text_length: length } }),
      mastodon,
    ])

  test('refuses the draft when it is scheduled, published or tried again', async () => {
    const targets = [to(bluesky), to(mastodon)]
    const id = await draft({ content: 'quite long', targets })
    await lower(4)
    const valid = await alice.post('/v1/posts/validate', { content: 'quite long', targets })
    const findings = findingsOf(valid)
    expect(at(findings)).toEqual([['targets[1].content', 'text_too_long']])
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString()
    for (const reply of [
      await alice.post(`/v1/posts/${id}/schedule`, { scheduled_at }),
      await alice.post(`/v1/posts/${id}/publish`),
    ]) {
      expect([reply.status, reply.json.code]).toEqual([422, 'content_invalid'])
      expect(findingsOf(reply)).toEqual(findings)
    }
    await fail(id, 'bluesky', 'published')
    const retried = await alice.post(`/v1/posts/${id}/retry`)
    // The paths count all targets of the post, those too that are out.
    expect(findingsOf(retried)).toEqual(findings)
    await lower(null)
  })
})

/** The post as a publish leaves it that failed, one target having another end. */
async function fail(id: string, platform: string, ended: 'published' | 'failed', parts = 0) {
  await rows(`update posts set status = 'queued', publish_started_at = now() where id = ?`, [id])
  await rows(`update post_targets set status = 'queued' where post_id = ?`, [id])
  await rows(
    `update post_targets set status = 'failed', failure_code = 'rejected', failure_reason = 'No.',
       retryable = true, next_part = ? where post_id = ? and (platform <> ? or ? = 'failed')`,
    [parts, id, platform, ended],
  )
  await rows(
    `update post_targets set status = 'published', platform_post_id = 'at://1',
       published_at = now() where post_id = ? and status = 'queued'`,
    [id],
  )
  const status = ended === 'published' ? 'partially_published' : 'failed'
  await rows(
    `update posts set status = ?, failure_code = 'rejected', failure_reason = 'No.',
       attention_code = ?, posted_at = case when ? = 'failed' then null else now() end
     where id = ?`,
    [status, status, status, id],
  )
}

describe('a thread that is partly out', () => {
  const parts = (...texts: string[]) => texts.map((content) => ({ content }))

  async function halfOut(): Promise<string> {
    const settings = { thread: parts('two', 'three') }
    const id = await draft({ content: 'one', targets: [to(bluesky, { settings })] })
    await fail(id, 'bluesky', 'failed', 2)
    return id
  }

  test.each<[string, { content?: string; thread?: object[]; media?: boolean }]>([
    ['its post', { content: 'other' }],
    ['a part', { thread: parts('zwei', 'three') }],
    ['what is shown with it', { media: true }],
    ['how many parts there are', { thread: [] }],
  ])('keeps %s', async (_what, { content, thread, media }) => {
    const id = await halfOut()
    const refused = await alice.patch(`/v1/posts/${id}`, {
      ...(content === undefined ? {} : { content }),
      ...(media === undefined ? {} : { media: [{ media_id: image }] }),
      ...(thread === undefined ? {} : { targets: [to(bluesky, { settings: { thread } })] }),
    })
    expect([refused.status, refused.json.code]).toEqual([422, 'content_invalid'])
    expect(at(findingsOf(refused))).toEqual([['targets[0].settings.thread', 'thread_changed']])
    expect((await alice.get(`/v1/posts/${id}`)).json).toMatchObject({ content: 'one', media: [] })
  })

  test.each([
    ['changed', parts('two', 'drei', 'vier')],
    ['dropped', parts('two')],
  ])('can have its rest %s', async (_what, thread) => {
    const id = await halfOut()
    const targets = [to(bluesky, { settings: { thread } })]
    const changed = await alice.patch(`/v1/posts/${id}`, { targets })
    expect(changed.text && changed.status).toBe(200)
    expect(changed.json.targets?.[0]).toMatchObject({ status: 'failed', retryable: true })
  })
})

describe('a cap of the platform', () => {
  const X_CAP = 300

  /** Posts that went out in the last minutes. */
  function send(connectionId: string, count: number) {
    const { tenantId, userId } = api.alice
    return rows(
      `with sent as (
         insert into posts (tenant_id, created_by, content, status, publish_started_at, posted_at)
         select ?, ?, 'sent', 'published', now(), now() from generate_series(1, ?) returning id
       )
       insert into post_targets (tenant_id, post_id, connection_id, platform, status,
         platform_post_id, published_at)
       select ?, id, ?, 'x', 'published', id::text, now() - interval '5 minutes' from sent`,
      [tenantId, userId, count, tenantId, connectionId],
    )
  }

  test('counts what was sent and what is planned, and is told at the time', async () => {
    const account = await connectX(api, alice)
    await send(account, X_CAP - 2)
    const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
    const post = (content: string, scheduled_at: string) => ({
      ...{ content, scheduled_at, targets: [to(account)] },
    })
    const planned = await draft(post('planned', soon(10)))
    const last = await draft(post('last', soon(12)))
    const findings = await everywhereAt(post('too many', soon(20)))
    expect(at(findings)).toEqual([['scheduled_at', 'daily_cap']])
    expect(findings[0]?.message).toContain('300 posts within 3 hours')
    // Before the others there is room; and long after, too.
    for (const scheduled_at of [soon(5), soon(4 * 60)]) {
      const fits = await alice.post('/v1/posts/validate', post('fits', scheduled_at))
      expect(fits.json).toEqual({ valid: true, errors: [] })
    }
    // A post is not counted against itself.
    expect((await alice.patch(`/v1/posts/${last}`, { content: 'other' })).status).toBe(200)
    expect((await alice.patch(`/v1/posts/${planned}`, { content: 'more' })).status).toBe(200)
    const limits = await alice.get(`/v1/connections/${account}/limits`)
    expect(limits.json.caps).toMatchObject([{ posts: X_CAP, used: X_CAP - 2 }])
  })

  /** Of a time that a draft cannot take, nor a post be moved to. */
  async function everywhereAt(body: { content: string; scheduled_at: string; targets: object[] }) {
    const findings = findingsOf(await alice.post('/v1/posts/validate', body))
    const created = await alice.post('/v1/posts', body)
    const { scheduled_at, ...rest } = body
    const id = await draft(rest)
    const changed = await alice.patch(`/v1/posts/${id}`, { scheduled_at })
    const scheduled = await alice.post(`/v1/posts/${id}/schedule`, { scheduled_at })
    for (const reply of [created, changed, scheduled]) {
      expect([reply.status, reply.json.code]).toEqual([422, 'content_invalid'])
      expect(findingsOf(reply)).toEqual(findings)
    }
    return findings
  }

  test('larger than a page of rows is counted in full', async () => {
    const busy = await account('bluesky')
    await send(busy, 700)
    const used = await alice.get(`/v1/connections/${busy}/limits`)
    expect(used.json.caps?.[0]).toMatchObject({ posts: 1_666, used: 700 })
    await send(busy, 966)
    const body = { content: 'a', targets: [to(busy)] }
    expect(at(findingsOf(await alice.post('/v1/posts/validate', body)))).toEqual([
      ['scheduled_at', 'daily_cap'],
    ])
    // A time beside “now” is overridden, when it is judged too.
    const later = new Date(Date.now() + 30 * 86_400_000).toISOString()
    const now = { ...body, publish: 'now', scheduled_at: later }
    const judged = findingsOf(await alice.post('/v1/posts/validate', now))
    expect(at(judged)).toEqual([['scheduled_at', 'daily_cap']])
    expect(findingsOf(await alice.post('/v1/posts', now))).toEqual(judged)
  })
})
