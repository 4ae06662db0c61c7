import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import type { Platform } from '../../domain/platforms.ts'
import { connectAccount } from '../../scripts/start/connect.ts'
import { makeImage } from '../support/media-files.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { uploadMedia } from '../support/upload-media.ts'
import { targetFor } from './support/post-to.ts'

/**
 * Twelve accounts on eleven platforms: nothing fits all twelve, because YouTube takes videos alone
 * and Google Business none, so X has two.
 */
const ACCOUNTS: readonly (readonly [Platform, string])[] = [
  ['x', 'alice'],
  ['x', 'bob'],
  ['instagram', 'alice'],
  ['facebook', 'alice'],
  ['linkedin', 'alice'],
  ['tiktok', 'alice'],
  ['threads', 'alice'],
  ['pinterest', 'alice'],
  ['bluesky', 'alice'],
  ['mastodon', 'alice'],
  ['google_business', 'alice'],
  ['reddit', 'alice'],
]
const CONTENT = 'Opening day, 9 to 5: soup for everyone 🍲 https://example.com/opening'

/** Refuses the content, has withdrawn our access, loses the answer and cannot be asked. */
const REFUSING = 'mastodon'
const REVOKED = 'reddit'
const SILENT = 'bluesky'
const FAILING: readonly string[] = [REFUSING, REVOKED, SILENT]

let stack: Stack
let connections: ConnectionAnswer[]
let sha256: string
let post: PostAnswer

const targetOn = (platform: string) => onPlatform(post.targets, platform)
const connectionOn = (platform: string) => onPlatform(connections, platform)
const publishCalls = async () =>
  (await stack.sandbox.calls({ step: 'publish' })).map(({ platform }) => platform)

beforeAll(async () => {
  stack = await startStack()
  connections = await Promise.all(ACCOUNTS.map(([name, handle]) => stack.connect(name, handle)))
  // Google Business takes no picture below 10 KB, and this one has a single colour.
  const image = await makeImage({ width: 1920, height: 1080 })
  sha256 = image.facts.sha256
  const media = await uploadMedia(stack, image.path, 'image/jpeg')
  const fault = { times: null, platform: SILENT } as const
  await stack.sandbox.fault({ platform: REFUSING, step: 'publish', fault: 'refuse', times: null })
  await stack.sandbox.revoke(REVOKED, connectionOn(REVOKED).platform_account_id ?? '')
  await stack.sandbox.fault({ ...fault, step: 'publish', fault: 'drop_before' })
  await stack.sandbox.fault({ ...fault, step: 'lookup', fault: 'status', status: 503 })
  const created = await stack.api.createPost({
    content: CONTENT,
    media: [{ media_id: media, alt_text: 'A pot of soup' }],
    publish: 'now',
    targets: await Promise.all(connections.map((one) => targetFor(stack, one))),
  })
  const isOver = ({ targets }: PostAnswer) =>
    targets.every(({ status }) => ['published', 'failed', 'unconfirmed'].includes(status))
  post = await stack.api.waitForPost(created.id, isOver)
}, 180_000)

afterAll(() => stack?.stop(), 60_000)

describe('a post to twelve accounts', () => {
  test('reaches nine of them, with the picture', async () => {
    expect(post.targets).toHaveLength(12)
    const published = post.targets.filter(({ status }) => status === 'published')
    expect(published).toHaveLength(9)
    const truth = await stack.sandbox.posts()
    expect(truth.map(nameOf).toSorted()).toEqual(published.map(nameOf).toSorted())
    for (const one of truth) expect(one).toMatchObject({ text: CONTENT, media: [sha256] })
  })

  test('fails on two, and is not called failed where nobody knows', () => {
    expect(targetOn(REFUSING)).toMatchObject({
      ...{ status: 'failed', retryable: false, failure_code: 'mastodon_invalid' },
      failure_reason: expect.stringContaining('Text is not acceptable'),
    })
    expect(targetOn(REVOKED)).toMatchObject({
      ...{ status: 'failed', retryable: true, failure_code: 'needs_reconnect' },
      failure_reason: expect.stringContaining('Reconnect'),
    })
    expect(targetOn(SILENT)).toMatchObject({ status: 'unconfirmed', failure_code: 'answer_lost' })
    expect(post.status).toBe('unconfirmed')
  })

  test('is partially published, with three reasons, once a person has looked', async () => {
    const resolution = { target_id: targetOn(SILENT).id, as: 'not_published' }
    await stack.api.call('POST', `/v1/posts/${post.id}/resolve`, resolution)
    post = await stack.api.waitForPost(post.id, ({ status }) => status === 'partially_published')
    const failed = post.targets.filter(({ status }) => status === 'failed')
    expect(failed.map(({ platform }) => platform).toSorted()).toEqual(FAILING.toSorted())
    expect(targetOn(SILENT)).toMatchObject({ retryable: true, failure_code: 'not_published' })
    expect(new Set(failed.map(({ failure_reason: reason }) => reason)).size).toBe(3)
    expect(post.allowed_actions).toContain('retry')
  })
})

describe('its retry', () => {
  let callsBefore: string[]
  let before: PostAnswer

  beforeAll(async () => {
    before = post
    callsBefore = await publishCalls()
    // Would be accepted now: only the word of the platform keeps it from being sent again.
    await stack.sandbox.clearFaults()
  })

  const retry = (body: object) => stack.api.send('POST', `/v1/posts/${post.id}/retry`, body)
  const codeOf = (text: string) => String(Object(JSON.parse(text)).code)

  test('is refused for what was refused, and for an account that is not reconnected', async () => {
    const refused = await retry({ target_ids: [targetOn(REFUSING).id] })
    expect([refused.status, codeOf(refused.text)]).toEqual([409, 'nothing_to_retry'])
    const early = await retry({ target_ids: [targetOn(REVOKED).id] })
    expect([early.status, codeOf(early.text)]).toEqual([422, 'inactive_connection'])
    expect(await publishCalls()).toEqual(callsBefore)
  })

  test('sends the two that may be sent, and nothing else', async () => {
    const { id } = connectionOn(REVOKED)
    const account = { platform: REVOKED, handle: 'alice', reconnect: id } as const
    expect((await connectAccount(stack.api, stack.sandbox.url, account)).id).toBe(id)
    expect((await retry({})).status).toBe(200)
    const isOver = ({ status, targets }: PostAnswer) =>
      status === 'partially_published' && targets.every((one) => one.status !== 'queued')
    post = await stack.api.waitForPost(post.id, isOver)
    expect(post.targets.filter(({ status }) => status === 'published')).toHaveLength(11)
    const added = (await publishCalls()).slice(callsBefore.length)
    expect(added.toSorted()).toEqual([REVOKED, SILENT].toSorted())
  })

  test('leaves what is out and what was refused as they were', async () => {
    expect(post.status).toBe('partially_published')
    const retried = [REVOKED, SILENT].map((platform) => targetOn(platform).id)
    const others = ({ targets }: PostAnswer) => targets.filter(({ id }) => !retried.includes(id))
    expect(others(post)).toEqual(others(before))
    expect(targetOn(REFUSING)).toMatchObject({ status: 'failed', attempt_count: 1 })
  })

  test('leaves one post on each account', async () => {
    const truth = await stack.sandbox.posts()
    const published = post.targets.filter(({ status }) => status === 'published')
    expect(truth.map(nameOf).toSorted()).toEqual(published.map(nameOf).toSorted())
    const accounts = truth.map(({ platform, account_id }) => `${platform} ${account_id}`)
    expect(new Set(accounts).size).toBe(11)
  })

  test('has nothing left to do', async () => {
    const again = await retry({})
    expect([again.status, codeOf(again.text)]).toEqual([409, 'nothing_to_retry'])
    expect(post.allowed_actions).not.toContain('retry')
  })
})

function nameOf(one: { platform: string; platform_post_id: string | null }): string {
  return `${one.platform} ${one.platform_post_id}`
}

function onPlatform<T extends { platform: string }>(all: readonly T[], platform: string): T {
  const found = all.find((one) => one.platform === platform)
  if (found === undefined) throw new Error(`nothing on ${platform}`)
  return found
}
