import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content } from '../../platforms/connector.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, described, drive, prepareOnce } from './drive.ts'
import { attemptOf, commitNow, failureOf, type Harness, startHarness } from './harness.ts'
import { metaAccess } from './meta-accounts.ts'

let threads: Harness
let alice: Access

beforeAll(async () => {
  threads = await startHarness('threads')
  alice = await metaAccess(threads, 'alice')
})
afterEach(() => threads.clearFaults())
afterAll(() => threads.close())

const publish = (content: Partial<Content>) =>
  drive(threads.connector, contentOf(content), alice, threads.call)

async function addImage() {
  const file = await makeImage()
  threads.files.add(file)
  return file.facts
}

async function addVideo() {
  const file = await makeVideo()
  threads.files.add(file)
  return file.facts
}

const live = async (text: string) => (await threads.livePosts()).filter((one) => one.text === text)

describe('publish', () => {
  test('a text with permalink, found by lookup, deleted twice', async () => {
    const { parts } = await publish({ text: 'Guten Morgen 👋 #kaffee' })
    const [post] = parts
    if (!post) throw new Error('no post')
    expect(post.permalink).toMatch(/^https?:\/\//)
    expect(await live('Guten Morgen 👋 #kaffee')).toMatchObject([
      { platform_post_id: post.platformPostId, media: [] },
    ])
    expect(await threads.connector.lookup?.(post, alice, threads.call)).toEqual({
      state: 'live',
      permalink: post.permalink,
    })
    await threads.connector.remove?.(post, alice, threads.call)
    await threads.connector.remove?.(post, alice, threads.call)
    expect(await live('Guten Morgen 👋 #kaffee')).toEqual([])
    expect(await threads.connector.lookup?.(post, alice, threads.call)).toEqual({
      state: 'removed',
    })
  })

  test('image, video and a mixed carousel, files in their order', async () => {
    const image = described(await addImage(), 'A grey square')
    const video = await addVideo()
    const other = await addImage()
    await publish({ text: 'one image', media: [image] })
    await publish({ text: 'one video', media: [video] })
    await publish({ text: 'carousel', media: [image, video, other] })
    expect(await live('one image')).toMatchObject([{ media: [image.sha256] }])
    expect(await live('one video')).toMatchObject([{ media: [video.sha256] }])
    expect(await live('carousel')).toMatchObject([
      { media: [image.sha256, video.sha256, other.sha256] },
    ])
  })

  test('settings of a post, and a poll', async () => {
    const settings = { reply_control: 'mentioned_only', topic_tag: 'coffee' }
    await publish({ text: 'with settings', settings })
    const poll_attachment = { option_a: 'Tea', option_b: 'Coffee' }
    await publish({ text: 'a poll', settings: { poll_attachment } })
    const link_attachment = 'https://clarion.example/a?b=c'
    await publish({ text: 'a card', settings: { link_attachment } })
    for (const text of ['with settings', 'a poll', 'a card']) {
      expect(await live(text)).toHaveLength(1)
    }
  })

  test('a thread with a first comment: each part answers the one before it', async () => {
    const image = await addImage()
    const { parts } = await publish({
      text: 'part one',
      thread: [
        { text: 'part two', media: [image] },
        { text: 'part three', media: [] },
      ],
      firstComment: 'first comment',
    })
    expect(parts).toHaveLength(4)
    expect(new Set(parts.map((part) => part.platformPostId)).size).toBe(4)
    expect(await live('part two')).toMatchObject([{ media: [image.sha256] }])
  })

  test('processing that takes a while', async () => {
    await threads.fault({ step: 'status', fault: 'processing', times: 3 })
    await publish({ text: 'slow video', media: [await addVideo()] })
    expect(await live('slow video')).toHaveLength(1)
  })

  test('processing that does not end within a run comes back later', async () => {
    await threads.fault({ step: 'status', fault: 'processing', times: 1000 })
    const draft = { ...threads.draft('much too slow'), media: [await addVideo()] }
    let prepared: Parameters<typeof prepareOnce>[4] = {}
    const onSave = (saved: NonNullable<typeof prepared>['prepared']) => {
      prepared = saved ? { prepared: saved } : {}
    }
    const failure = await failureOf(
      prepareOnce(threads.connector, draft, alice, threads.call, { onSave }),
    )
    expect(failure).toMatchObject({ kind: 'transient', code: 'threads_still_processing' })
    await threads.clearFaults()
    const again = await prepareOnce(threads.connector, draft, alice, threads.call, prepared)
    expect(again).toEqual(prepared?.prepared)
    await commitNow(threads, draft, alice, again)
    expect(await live('much too slow')).toHaveLength(1)
  })

  test('processing that fails is told', async () => {
    await threads.fault({ step: 'status', fault: 'refuse', times: 10 })
    const failure = await failureOf(publish({ text: 'broken', media: [await addVideo()] }))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'threads_processing_failed' })
    expect(await live('broken')).toEqual([])
  })
})

describe('lost answers', () => {
  async function lose(text: string, fault: string) {
    const draft = threads.draft(text)
    const prepared = await prepareOnce(threads.connector, draft, alice, threads.call)
    await threads.fault({ step: 'publish', fault })
    const lost = await failureOf(threads.connector.commit(draft, alice, threads.call, prepared))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    return { draft, ...(prepared ? { prepared } : {}) }
  }

  test('published: found, though the hashtag lost its sign, and never sent again', async () => {
    const { draft, prepared } = await lose('lost #topic answer', 'drop_after_accept')
    const attempt = attemptOf(draft, { ...(prepared ? { prepared } : {}) })
    const found = await threads.connector.confirm?.(attempt, alice, threads.call)
    const [post] = await live('lost #topic answer')
    expect(found).toMatchObject({
      outcome: 'found',
      post: { platformPostId: post?.platform_post_id },
    })
    const again = await prepareOnce(threads.connector, draft, alice, threads.call, {
      ...(prepared ? { prepared } : {}),
    })
    expect(await threads.connector.commit(draft, alice, threads.call, again)).toEqual({
      accepted: { container: prepared?.state.container },
    })
    expect(await live('lost #topic answer')).toHaveLength(1)
  })

  test('not published: absent once nothing can be on its way', async () => {
    const { draft, prepared } = await lose('never arrived', 'drop_before')
    const more = prepared ? { prepared } : {}
    const early = attemptOf(draft, { ...more, sendBefore: new Date(Date.now() + 60_000) })
    expect(await threads.connector.confirm?.(early, alice, threads.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
    const late = attemptOf(draft, more)
    expect(await threads.connector.confirm?.(late, alice, threads.call)).toEqual({
      outcome: 'absent',
    })
    await commitNow(threads, draft, alice, prepared)
    expect(await live('never arrived')).toHaveLength(1)
  })

  test('a post that the ledger knows is not taken for the lost one', async () => {
    const { parts } = await publish({ text: 'twice the same' })
    const { draft, prepared } = await lose('twice the same', 'drop_after_accept')
    const attempt = attemptOf(draft, {
      ...(prepared ? { prepared } : {}),
      excludedPostIds: parts.map((part) => part.platformPostId),
    })
    const found = await threads.connector.confirm?.(attempt, alice, threads.call)
    expect(found?.outcome).toBe('found')
    expect(found).not.toMatchObject({ post: { platformPostId: parts[0]?.platformPostId } })
  })

  test('past sendBefore nothing is sent', async () => {
    const draft = threads.draft('too late')
    const prepared = await prepareOnce(threads.connector, draft, alice, threads.call)
    const call = { ...threads.call, sendBefore: new Date(Date.now() - 1) }
    const late = await failureOf(threads.connector.commit(draft, alice, call, prepared))
    expect(late).toMatchObject({ kind: 'transient', code: 'too_late' })
    expect(await live('too late')).toEqual([])
  })
})

describe('faults', () => {
  test.each([
    [{ fault: 'status', status: 500 }, { kind: 'outcome_unknown' }],
    [{ fault: 'rate_limit', retry_after_s: 60 }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown', code: 'answer_lost' }],
  ])('publish %j', async (fault, expected) => {
    const draft = threads.draft(`fault ${JSON.stringify(fault)}`)
    const prepared = await prepareOnce(threads.connector, draft, alice, threads.call)
    await threads.fault({ step: 'publish', ...fault })
    const failure = await failureOf(threads.connector.commit(draft, alice, threads.call, prepared))
    expect(failure).toMatchObject(expected)
    expect(await live(draft.text)).toEqual([])
  })

  test.each([
    [{ fault: 'status', status: 500 }, { kind: 'transient' }],
    [{ fault: 'rate_limit', retry_after_s: 60 }, { kind: 'rate_limited' }],
    [{ fault: 'drop_after_accept' }, { kind: 'transient' }],
  ])('container %j', async (fault, expected) => {
    await threads.fault({ step: 'upload', ...fault })
    const failure = await failureOf(publish({ text: 'no container' }))
    expect(failure).toMatchObject(expected)
    expect(await live('no container')).toEqual([])
  })

  test('dead access', async () => {
    const carol = await metaAccess(threads, 'carol')
    const account = { platform: 'threads', account_id: carol.accountId }
    await threads.control('POST', '/_sandbox/expire', account)
    const draft = threads.draft('old access')
    const expired = await failureOf(
      prepareOnce(threads.connector, draft, carol, threads.call) ?? Promise.resolve(),
    )
    expect(expired).toMatchObject({ kind: 'auth_expired' })
  })
})
