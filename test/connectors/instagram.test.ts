import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Access } from '../../platforms/call.ts'
import type { Content, Draft } from '../../platforms/connector.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, described, drive, prepareOnce } from './drive.ts'
import { attemptOf, commitNow, failureOf, type Harness, startHarness } from './harness.ts'
import { metaAccess } from './meta-accounts.ts'

let instagram: Harness

beforeAll(async () => {
  instagram = await startHarness('instagram')
})
afterEach(() => instagram.clearFaults())
afterAll(() => instagram.close())

async function addImage(): Promise<Media> {
  const file = await makeImage()
  instagram.files.add(file)
  return file.facts
}

async function addVideo(): Promise<Media> {
  const file = await makeVideo()
  instagram.files.add(file)
  return file.facts
}

const live = async (text: string) =>
  (await instagram.livePosts()).filter((one) => one.text === text)

describe.each(['facebook_login', 'instagram_login'])('%s', (method) => {
  let alice: Access
  /** Faults know accounts behind Pages as Facebook's. */
  const platform = method === 'facebook_login' ? 'facebook' : 'instagram'
  const named = (text: string) => `${text} (${method})`

  beforeAll(async () => {
    alice = await metaAccess(instagram, 'alice', method)
  })

  const publish = (content: Partial<Content>) =>
    drive(instagram.connector, contentOf(content), alice, instagram.call)
  const draftOf = async (text: string): Promise<Draft> => ({
    ...instagram.draft(text),
    media: [await addImage()],
  })
  const prepare = (draft: Draft) => prepareOnce(instagram.connector, draft, alice, instagram.call)

  test('a picture with permalink, lookup and first comment', async () => {
    const text = named('Kaffee & Kuchen ☕ #café')
    const image = described(await addImage(), 'A cup')
    const { parts } = await publish({ text, media: [image], firstComment: 'first!' })
    const [post] = parts
    if (!post) throw new Error('no post')
    expect(parts).toHaveLength(2)
    expect(post.permalink).toMatch(/^https?:\/\//)
    expect(await live(text)).toMatchObject([
      { platform_post_id: post.platformPostId, media: [image.sha256] },
    ])
    expect(await instagram.connector.lookup?.(post, alice, instagram.call)).toEqual({
      state: 'live',
      permalink: post.permalink,
    })
  })

  test('carousel, reel with cover, single video, story', async () => {
    const [image, video, cover] = [await addImage(), await addVideo(), await addImage()]
    await publish({ text: named('carousel'), media: [image, video, cover] })
    await publish({
      text: named('reel'),
      media: [video],
      attached: { cover_media_id: cover },
      settings: { kind: 'reel', share_to_feed: true },
    })
    await publish({ text: named('video'), media: [video] })
    expect(await live(named('carousel'))).toMatchObject([
      { media: [image.sha256, video.sha256, cover.sha256] },
    ])
    expect(await live(named('reel'))).toMatchObject([{ media: [video.sha256] }])
    expect(await live(named('video'))).toMatchObject([{ media: [video.sha256] }])
    const story = await publish({ media: [image], settings: { kind: 'story' } })
    const moving = await publish({ media: [video], settings: { kind: 'story' } })
    const ids = (await instagram.livePosts()).map((one) => one.platform_post_id)
    expect(ids).toContain(story.parts[0]?.platformPostId)
    expect(ids).toContain(moving.parts[0]?.platformPostId)
  })

  test('processing that takes a while, and one that fails', async () => {
    await instagram.fault({ platform, step: 'status', fault: 'processing', times: 3 })
    await publish({ text: named('slow'), media: [await addVideo()] })
    expect(await live(named('slow'))).toHaveLength(1)
    await instagram.fault({ platform, step: 'status', fault: 'refuse', times: 10 })
    const failure = await failureOf(publish({ text: named('broken'), media: [await addVideo()] }))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'instagram_media_format' })
    expect(await live(named('broken'))).toEqual([])
  })

  test('a lost answer: found by caption, and never sent again', async () => {
    const draft = await draftOf(named('lost answer'))
    const prepared = await prepare(draft)
    if (!prepared) throw new Error('not prepared')
    await instagram.fault({ platform, step: 'publish', fault: 'drop_after_accept' })
    const { connector, call } = instagram
    const lost = await failureOf(connector.commit(draft, alice, call, prepared))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await connector.confirm?.(attemptOf(draft, { prepared }), alice, call)
    const [post] = await live(draft.text)
    expect(found).toMatchObject({
      outcome: 'found',
      post: { platformPostId: post?.platform_post_id },
    })
    const again = await prepareOnce(connector, draft, alice, call, { prepared })
    expect(await connector.commit(draft, alice, call, again)).toHaveProperty('accepted')
    expect(await live(draft.text)).toHaveLength(1)
  })

  test('a lost request: absent once quiet, then published by the same container', async () => {
    const draft = await draftOf(named('never arrived'))
    const prepared = await prepare(draft)
    if (!prepared) throw new Error('not prepared')
    await instagram.fault({ platform, step: 'publish', fault: 'drop_before' })
    const { connector, call } = instagram
    const lost = await failureOf(connector.commit(draft, alice, call, prepared))
    expect(lost).toMatchObject({ kind: 'outcome_unknown' })
    const sendBefore = new Date(Date.now() + 60_000)
    const early = attemptOf(draft, { prepared, sendBefore })
    expect(await connector.confirm?.(early, alice, call)).toMatchObject({ outcome: 'cannot_tell' })
    const late = attemptOf(draft, { prepared })
    expect(await connector.confirm?.(late, alice, call)).toEqual({ outcome: 'absent' })
    await commitNow(instagram, draft, alice, prepared)
    expect(await live(draft.text)).toHaveLength(1)
  })

  test.each([
    [{ fault: 'status', status: 500 }, { kind: 'outcome_unknown' }],
    [{ fault: 'rate_limit', retry_after_s: 60 }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
  ])('publish %j', async (fault, expected) => {
    const draft = await draftOf(named(`fault ${JSON.stringify(fault)}`))
    const prepared = await prepare(draft)
    await instagram.fault({ platform, step: 'publish', ...fault })
    const failure = await failureOf(
      instagram.connector.commit(draft, alice, instagram.call, prepared),
    )
    expect(failure).toMatchObject(expected)
    expect(await live(draft.text)).toEqual([])
  })

  test('a first comment whose answer was lost is found', async () => {
    const { parts } = await publish({ text: named('commented'), media: [await addImage()] })
    const root = parts[0]
    if (!root) throw new Error('no post')
    const draft: Draft = { ...instagram.draft(named('a comment')), role: 'comment', root }
    await instagram.fault({ platform, step: 'publish', fault: 'drop_after_accept' })
    const { connector, call } = instagram
    const lost = await failureOf(connector.commit(draft, alice, call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown' })
    expect(await connector.confirm?.(attemptOf(draft), alice, call)).toMatchObject({
      outcome: 'found',
    })
    const other: Draft = { ...draft, text: 'never said' }
    expect(await connector.confirm?.(attemptOf(other), alice, call)).toEqual({
      outcome: 'absent',
    })
  })
})

describe('delete', () => {
  test('by Facebook Login, twice', async () => {
    const alice = await metaAccess(instagram, 'alice', 'facebook_login')
    const content = contentOf({ text: 'to be deleted', media: [await addImage()] })
    const { parts } = await drive(instagram.connector, content, alice, instagram.call)
    const [post] = parts
    if (!post) throw new Error('no post')
    await instagram.connector.remove?.(post, alice, instagram.call)
    await instagram.connector.remove?.(post, alice, instagram.call)
    expect(await live('to be deleted')).toEqual([])
    expect(await instagram.connector.lookup?.(post, alice, instagram.call)).toEqual({
      state: 'removed',
    })
  })

  test('not by the own login, which says why', async () => {
    const alice = await metaAccess(instagram, 'alice', 'instagram_login')
    const content = contentOf({ text: 'stays', media: [await addImage()] })
    const { parts } = await drive(instagram.connector, content, alice, instagram.call)
    const [post] = parts
    if (!post || !instagram.connector.remove) throw new Error('no post')
    const failure = await failureOf(instagram.connector.remove(post, alice, instagram.call))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'platform_unsupported' })
    expect(await live('stays')).toHaveLength(1)
  })
})
