import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountLimits, Content } from '../../platforms/connector.ts'
import { readAccountLimits } from '../../platforms/registry.ts'
import { type MediaFile, makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, described, draftOf, drive, prepareOnce } from './drive.ts'
import {
  attemptOf,
  type Connected,
  connectByOauth,
  failureOf,
  type Harness,
  startHarness,
} from './harness.ts'

let mastodon: Harness
let alice: Connected
let limits: AccountLimits

beforeAll(async () => {
  mastodon = await startHarness('mastodon')
  const redirectUri = 'http://127.0.0.1:3000/oauth/callback/mastodon'
  const app = await mastodon.connector.auth.registerApp?.(mastodon.url, redirectUri, mastodon.call)
  if (!app) throw new Error('no app')
  alice = await connectByOauth(mastodon, app, 'alice', mastodon.url)
  limits = readAccountLimits(alice.account.metadata)
})
afterEach(() => mastodon.clearFaults())
afterAll(() => mastodon.close())

function added(...files: MediaFile[]): MediaFile[] {
  mastodon.files.add(...files)
  return files
}

function publish(content: Partial<Content>) {
  const whole = contentOf(content)
  expect(mastodon.connector.validate(whole, limits)).toEqual([])
  return drive(mastodon.connector, whole, alice.access, mastodon.call)
}

async function shown(id: string | undefined) {
  return (await mastodon.livePosts()).find((post) => post.platform_post_id === id)
}

const draftFor = (content: Partial<Content>) => draftOf({ role: 'post', ...contentOf(content) }, [])
const confirm = (...[draft, more]: Parameters<typeof attemptOf>) =>
  mastodon.connector.confirm?.(attemptOf(draft, more), alice.access, mastodon.call)

test('the instance says what it takes', () => {
  expect(limits).toMatchObject({
    maxMedia: 4,
    maxImageBytes: expect.any(Number),
    maxVideoBytes: expect.any(Number),
    mimeTypes: expect.arrayContaining(['image/jpeg', 'video/mp4']),
  })
})

describe('files', () => {
  test('four pictures in their order, with descriptions and focus', async () => {
    const files = added(
      await makeImage(),
      await makeImage({ format: 'png' }),
      await makeImage({ format: 'webp' }),
      await makeImage(),
    )
    const media = files.map(({ facts }, index) => described(facts, `Picture ${index} “&” 👩‍👩‍👧`))
    const settings = { focus: ['0.5,-0.25', ''], sensitive: true }
    const { parts } = await publish({ text: 'four', media, settings })
    expect((await shown(parts[0]?.platformPostId))?.media).toEqual(
      files.map(({ facts }) => facts.sha256),
    )
  })

  test('a GIF, and a video that takes its time, without a word', async () => {
    const files = added(await makeGif(), await makeVideo({ width: 1280, height: 720 }))
    for (const { facts } of files) {
      await mastodon.fault({ step: 'status', fault: 'processing', times: 2 })
      const { parts } = await publish({ media: [facts] })
      expect(await shown(parts[0]?.platformPostId)).toMatchObject({
        text: '',
        media: [facts.sha256],
      })
      await mastodon.clearFaults()
    }
  })

  test('trouble while uploading is transient, a file it cannot process is refused', async () => {
    const [video] = added(await makeVideo({ width: 1280, height: 720 }))
    const content = { text: 'trouble', media: video ? [video.facts] : [] }
    await mastodon.fault({ step: 'upload', fault: 'status', status: 503 })
    expect(await failureOf(publish(content))).toMatchObject({ kind: 'transient' })
    await mastodon.fault({ step: 'status', fault: 'refuse' })
    expect(await failureOf(publish(content))).toMatchObject({
      kind: 'rejected',
      code: 'mastodon_processing_failed',
    })
  })

  test('what was uploaded is not sent again', async () => {
    const [photo] = added(await makeImage())
    const draft = draftFor({ text: 'once', media: photo ? [photo.facts] : [] })
    const prepared = await prepareOnce(mastodon.connector, draft, alice.access, mastodon.call)
    const before = mastodon.files.bytesRead
    const options = prepared ? { prepared } : {}
    const again = await prepareOnce(mastodon.connector, draft, alice.access, mastodon.call, options)
    expect(again).toEqual(prepared)
    expect(mastodon.files.bytesRead).toBe(before)
  })

  test('a lost answer is found by its files, a lost request is absent', async () => {
    const [photo] = added(await makeImage())
    const media = photo ? [photo.facts] : []
    const excludedPostIds = (await mastodon.livePosts()).map((one) => one.platform_post_id)
    for (const [fault, outcome] of [
      ['drop_after_accept', 'found'],
      ['drop_before', 'absent'],
    ] as const) {
      const draft = draftFor({ media })
      const prepared = await prepareOnce(mastodon.connector, draft, alice.access, mastodon.call)
      if (!prepared) throw new Error('nothing was prepared')
      await mastodon.fault({ step: 'publish', fault })
      const { commit } = mastodon.connector
      const lost = await failureOf(commit(draft, alice.access, mastodon.call, prepared))
      expect(lost).toMatchObject({ kind: 'outcome_unknown' })
      expect(await confirm(draft, { prepared, excludedPostIds })).toMatchObject({ outcome })
      excludedPostIds.push(...(await mastodon.livePosts()).map((one) => one.platform_post_id))
    }
  })
})

describe('threads and polls', () => {
  test('each part answers the one before it and keeps warning and audience', async () => {
    const [photo] = added(await makeImage())
    const thread = [
      { text: 'second', media: photo ? [photo.facts] : [] },
      { text: 'third', media: [] },
    ]
    const settings = { visibility: 'unlisted', spoiler_text: 'careful' }
    const content = { text: 'first', thread, firstComment: 'and one more', settings }
    const { parts } = await publish(content)
    const texts = await Promise.all(
      parts.map(async (one) => (await shown(one.platformPostId))?.text),
    )
    expect(texts).toEqual(['first', 'second', 'third', 'and one more'])
    const [first, second, third] = parts
    if (!first || !second || !third) throw new Error('parts are missing')
    const third1 = { ...draftFor({ text: 'third', settings }), role: 'reply' as const }
    const reply = draftOf(third1, [first, second])
    expect(await confirm(reply)).toMatchObject({ post: { platformPostId: third.platformPostId } })
    expect(await confirm({ ...reply, parent: first })).toEqual({ outcome: 'absent' })
  })

  test('a poll', async () => {
    const poll = { options: ['Ja', 'Nein & 👍'], expires_in: 3600, multiple: true }
    const { parts } = await publish({ text: 'vote', settings: { poll } })
    expect((await shown(parts[0]?.platformPostId))?.text).toBe('vote')
  })

  test('lookup: live, then removed', async () => {
    const { parts } = await publish({ text: 'here for a moment' })
    const [post] = parts
    if (!post) throw new Error('no post')
    const { lookup, remove } = mastodon.connector
    const { permalink } = post
    expect(await lookup?.(post, alice.access, mastodon.call)).toEqual({ state: 'live', permalink })
    await remove?.(post, alice.access, mastodon.call)
    expect(await lookup?.(post, alice.access, mastodon.call)).toEqual({ state: 'removed' })
  })
})
