import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import type { Platform } from '../../domain/platforms.ts'
import { connectAccount } from '../../scripts/start/connect.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { startTap, type Tap } from '../support/tap.ts'
import { uploadMedia } from '../support/upload-media.ts'
import { acceptedComments, deleteOnMastodon } from './support/comments.ts'
import { targetFor } from './support/post-to.ts'

/** Where a first comment is a reply, and so a post of its own. */
const WITH_THREADS = ['x', 'bluesky', 'mastodon', 'threads'] as const
const WITH_COMMENTS = ['facebook', 'instagram', 'linkedin', 'reddit'] as const
const COMMENT = 'The recipe: https://example.com/recipe'
const PARTS = ['One: soup', 'Two: more soup', 'Three: bread', 'Four: the bill']

let stack: Stack
let tap: Tap
let connections: Map<string, ConnectionAnswer>
let image: string
let video: string

beforeAll(async () => {
  stack = await startStack({
    via: async (sandboxUrl) => {
      tap = await startTap(sandboxUrl)
      return tap.url
    },
  })
  const direct = [...WITH_THREADS, 'facebook', 'linkedin', 'reddit', 'youtube', 'tiktok'] as const
  const connected = await Promise.all([
    ...direct.map((platform) => stack.connect(platform)),
    // The way by which Instagram lets apps delete.
    connectAccount(stack.api, tap.url, {
      ...{ platform: 'instagram', handle: 'alice', method: 'facebook_login' },
    }),
  ])
  connections = new Map(connected.map((one) => [one.platform, one]))
  image = await uploadMedia(stack, (await makeImage()).path, 'image/jpeg')
  video = await uploadMedia(stack, (await makeVideo()).path, 'video/mp4')
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await tap?.close()
}, 60_000)

interface Wish {
  content: string
  platforms: readonly Platform[]
  media?: string
  settings?: Readonly<Record<string, unknown>>
}

async function create({ content, platforms, media, settings }: Wish): Promise<PostAnswer> {
  const targets = platforms.map((platform) =>
    targetFor(stack, connectionOn(platform), settings ? { settings } : {}),
  )
  return stack.api.createPost({
    content,
    publish: 'now',
    media: media === undefined ? [] : [{ media_id: media }],
    targets: await Promise.all(targets),
  })
}

async function publish(wish: Wish): Promise<PostAnswer> {
  const { id } = await create(wish)
  return stack.api.waitForPost(id, ({ status }) => status === 'published')
}

function connectionOn(platform: Platform): ConnectionAnswer {
  const connection = connections.get(platform)
  if (connection === undefined) throw new Error(`${platform} is not connected`)
  return connection
}

const remove = (post: PostAnswer) =>
  stack.api.send('DELETE', `/v1/posts/${post.id}?from_platforms=true`)

/** Live posts by platform, in the order of acceptance. */
async function postsOn(platform: string, text = '') {
  return stack.sandbox.posts({ platform, text })
}

describe('a thread of four with a first comment', () => {
  let post: PostAnswer

  beforeAll(async () => {
    const [first = '', ...rest] = PARTS
    const thread = rest.map((content) => ({ content }))
    const settings = { thread, first_comment: COMMENT }
    post = await publish({ content: first, platforms: WITH_THREADS, settings })
  }, 60_000)

  test.each(WITH_THREADS)('stands on %s once, in its order', async (platform) => {
    const found = await postsOn(platform)
    expect(found.map(({ text }) => text)).toEqual([...PARTS, COMMENT])
    const target = targetOn(post, platform)
    expect(target.parts.map(({ role }) => role)).toEqual([
      'post',
      'reply',
      'reply',
      'reply',
      'comment',
    ])
    expect(target.parts.map((part) => part.platform_post_id)).toEqual(
      found.map((one) => one.platform_post_id),
    )
    expect(target).toMatchObject({ warnings: [], platform_post_id: found[0]?.platform_post_id })
  })

  test('hangs together on Mastodon', async () => {
    const ids = targetOn(post, 'mastodon').parts.map((part) => part.platform_post_id)
    const read = async (id: string) =>
      Object(await (await fetch(`${stack.sandbox.url}/api/v1/statuses/${id}`)).json())
    const statuses = await Promise.all(ids.map(read))
    const [head, second, third] = ids
    // The comment answers the post and not the end of the thread.
    expect(statuses.map((one) => one.in_reply_to_id)).toEqual([null, head, second, third, head])
  })

  test('is deleted as a whole, and again without harm', async () => {
    expect((await remove(post)).status).toBe(204)
    for (const platform of WITH_THREADS) {
      expect([platform, await postsOn(platform)]).toEqual([platform, []])
    }
    const deletions = await stack.sandbox.calls({ step: 'delete' })
    expect((await remove(post)).status).toBe(404)
    expect(await stack.sandbox.calls({ step: 'delete' })).toEqual(deletions)
  }, 60_000)
})

describe('a first comment below a picture or video', () => {
  let withPicture: PostAnswer
  let withVideo: PostAnswer

  beforeAll(async () => {
    const settings = { first_comment: COMMENT }
    const [one, two] = await Promise.all([
      publish({ content: 'Soup', platforms: WITH_COMMENTS, media: image, settings }),
      publish({ content: 'Soup', platforms: ['youtube'], media: video, settings }),
    ])
    withPicture = one
    withVideo = two
  }, 90_000)

  test('covers every platform that says it has them', async () => {
    const { data } = await stack.api.call<{
      data: { platform: string; limits: { max_first_comment_length: number | null } }[]
    }>('GET', '/v1/platforms')
    const claimed = data.filter(({ limits }) => limits.max_first_comment_length)
    expect(claimed.map(({ platform }) => platform).toSorted()).toEqual(
      [...WITH_THREADS, ...WITH_COMMENTS, 'youtube'].toSorted(),
    )
  })

  test.each([...WITH_COMMENTS, 'youtube'] as const)('stands on %s', async (platform) => {
    const post = platform === 'youtube' ? withVideo : withPicture
    const target = targetOn(post, platform)
    const comments = await commentsOn(platform)
    expect(comments).toHaveLength(1)
    expect(comments[0]).toMatchObject({ text: COMMENT, deleted_at: null })
    expect(await postsOn(platform)).toHaveLength(1)
    expect(target.parts.map(({ role }) => role)).toEqual(['post', 'comment'])
    expect(target.warnings).toEqual([])
  })

  test('goes with its post', async () => {
    const answers = await Promise.all([remove(withPicture), remove(withVideo)])
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [204, ''],
      [204, ''],
    ])
    for (const platform of [...WITH_COMMENTS, 'youtube']) {
      const live = (await commentsOn(platform)).filter(({ deleted_at: at }) => at === null)
      expect([platform, await postsOn(platform), live]).toEqual([platform, [], []])
    }
  }, 60_000)
})

test('a refused comment leaves the post published, with a warning', async () => {
  const held = tap.hold(
    (method, path) => method === 'POST' && /\/socialActions\/.*comments/.test(path),
  )
  const settings = { first_comment: 'Not to be said' }
  const created = await create({ content: 'Bread', platforms: ['linkedin'], settings })
  const request = await held
  await stack.sandbox.fault({ platform: 'linkedin', step: 'publish', fault: 'refuse', times: 1 })
  await request.forward()
  request.answer()
  const post = await stack.api.waitForPost(created.id, ({ status }) => status === 'published')
  const target = targetOn(post, 'linkedin')
  expect(target).toMatchObject({ status: 'published', failure_code: null })
  expect(target.warnings).toHaveLength(1)
  expect(target.warnings[0]?.message).not.toBe('')
  expect(await postsOn('linkedin', 'Bread')).toHaveLength(1)
  expect((await commentsOn('linkedin')).map(({ text }) => text)).not.toContain('Not to be said')
}, 60_000)

test('where apps may not delete, nothing is deleted anywhere', async () => {
  const post = await publish({ content: 'Stays', platforms: ['tiktok', 'mastodon'], media: image })
  const answer = await remove(post)
  expect(answer.status).toBe(422)
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'platform_unsupported',
    errors: [{ code: 'platform_unsupported', message: expect.stringContaining('TikTok') }],
  })
  expect(await postsOn('tiktok', 'Stays')).toHaveLength(1)
  expect(await postsOn('mastodon', 'Stays')).toHaveLength(1)
  expect((await stack.api.getPost(post.id)).targets.map((one) => one.removed_at)).toEqual([
    null,
    null,
  ])
}, 60_000)

test('nor its comment, where the way of connecting is what is closed to deletion', async () => {
  const login = { platform: 'instagram', handle: 'bob', method: 'instagram_login' } as const
  const { id } = await connectAccount(stack.api, tap.url, login)
  const created = await stack.api.createPost({
    content: 'Stays too',
    publish: 'now',
    media: [{ media_id: image }],
    targets: [{ connection_id: id, settings: { first_comment: 'Stays as well' } }],
  })
  const post = await stack.api.waitForPost(created.id, ({ status }) => status === 'published')
  const answer = await remove(post)
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([422, 'platform_unsupported'])
  expect(await postsOn('instagram', 'Stays too')).toHaveLength(1)
  const comment = (await commentsOn('instagram')).find(({ text }) => text === 'Stays as well')
  expect(comment?.deleted_at).toBeNull()
}, 60_000)

test('a lookup tells what is live and what was removed behind our back', async () => {
  const platforms = [...WITH_THREADS, 'facebook', 'linkedin', 'reddit'] as const
  const post = await publish({ content: 'Look at me', platforms })
  const look = () =>
    stack.api.call<{ data: { target_id: string; state: string }[] }>(
      'POST',
      `/v1/posts/${post.id}/lookup`,
    )
  const statesOf = ({ data }: Awaited<ReturnType<typeof look>>) =>
    Object.fromEntries(
      data.map((one) => [post.targets.find(({ id }) => id === one.target_id)?.platform, one.state]),
    )
  // LinkedIn lets apps read posts of organizations, not of people.
  const live = {
    ...Object.fromEntries(platforms.map((platform) => [platform, 'live'])),
    linkedin: 'unknown',
  }
  expect(statesOf(await look())).toEqual(live)

  const { platform_post_id: id } = targetOn(post, 'mastodon')
  await deleteOnMastodon(stack.sandbox.url, 'alice', id ?? '')
  expect(statesOf(await look())).toEqual({ ...live, mastodon: 'removed' })
  const { targets } = await stack.api.getPost(post.id)
  const removed = targets.filter((one) => one.removed_at !== null)
  expect(removed.map(({ platform }) => platform)).toEqual(['mastodon'])
}, 60_000)

async function commentsOn(platform: string) {
  return (await acceptedComments(stack.sandbox.url)).filter((one) => one.platform === platform)
}

function targetOn({ targets }: PostAnswer, platform: string): PostAnswer['targets'][number] {
  const found = targets.find((one) => one.platform === platform)
  if (found === undefined) throw new Error(`the post does not go to ${platform}`)
  return found
}
