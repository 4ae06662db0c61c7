import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content, Draft, Prepared } from '../../platforms/connector.ts'
import { partsOf } from '../../platforms/content.ts'
import { type MediaFile, makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, draftOf, drive, prepareOnce } from './drive.ts'
import { attemptOf, failureOf, grantBy, type Harness, identify, startHarness } from './harness.ts'

let settings = { privacy_level: 'PUBLIC_TO_EVERYONE' }

let tiktok: Harness
let access: Access
let small: MediaFile
let large: MediaFile

beforeAll(async () => {
  tiktok = await startHarness('tiktok')
  access = await accessOf('alice')
  small = await makeVideo()
  large = await makeVideo({ bytes: 34_000_000 })
  tiktok.files.add(small, large)
})
afterEach(() => tiktok.clearFaults())
afterAll(() => tiktok.close())

async function accessOf(handle: string): Promise<Access> {
  const { client_id = '', client_secret = '' } = await tiktok.credentials(handle)
  const app = { clientId: client_id, clientSecret: client_secret }
  const grant = await grantBy(tiktok, tiktok.connector.auth, app, handle)
  return (await identify(tiktok, grant)).access
}

const videoOf = (text: string, file = small, more: object = {}): Content =>
  contentOf({ text, media: [file.facts], settings: { ...settings, ...more } })

async function photosOf(text: string, count: number, more: object = {}): Promise<Content> {
  const photos = await Promise.all(Array.from({ length: count }, () => makeImage()))
  tiktok.files.add(...photos)
  return contentOf({
    text,
    media: photos.map(({ facts }) => facts),
    settings: { ...settings, ...more },
  })
}

const publish = (content: Content) => drive(tiktok.connector, content, access, tiktok.call)
const digests = ({ media }: Content) => media.map(({ sha256 }) => sha256)
const live = async (text: string) => (await tiktok.livePosts()).filter((one) => one.text === text)

function postOf(content: Content): Draft {
  const [part] = partsOf(tiktok.connector, content)
  if (!part) throw new Error('no part')
  return draftOf(part, [])
}

const prepare = (draft: Draft, saved?: Prepared) =>
  prepareOnce(tiktok.connector, draft, access, tiktok.call, saved ? { prepared: saved } : {})
const commit = (draft: Draft, prepared?: Prepared) =>
  tiktok.connector.commit(draft, access, tiktok.call, prepared)
const confirm = (draft: Draft, more: object = {}) =>
  tiktok.connector.confirm?.(attemptOf(draft, more), access, tiktok.call)

describe('publish', () => {
  test('a small video in one chunk', async () => {
    const content = videoOf('Grüße 👩‍👩‍👧 #tag @bob “x” <&>')
    expect(tiktok.connector.validate(content)).toEqual([])
    const { parts } = await publish(content)
    const [post] = await live(content.text)
    expect(post).toMatchObject({ platform_post_id: parts[0]?.platformPostId })
    expect(post?.media).toEqual(digests(content))
    expect(parts[0]?.permalink).toMatch(/\/@alice\/video\/\d+$/)
    expect(
      await tiktok.connector.lookup?.(parts[0] ?? { platformPostId: '' }, access, tiktok.call),
    ).toMatchObject({ state: 'live' })
  })

  test('a large one in several', async () => {
    const content = videoOf('large', large, { video_cover_timestamp_ms: 1000, is_aigc: true })
    await publish(content)
    expect((await live('large'))[0]?.media).toEqual(digests(content))
  })

  test('photos', async () => {
    const content = await photosOf('three photos', 3, { title: 'Title', photo_cover_index: 2 })
    const { parts } = await publish(content)
    expect(parts[0]?.permalink).toMatch(/\/photo\/\d+$/)
    expect((await tiktok.livePosts()).map(({ media }) => media)).toContainEqual(digests(content))
  })

  test('to the inbox', async () => {
    const { parts } = await publish(videoOf('', small, { post_mode: 'inbox' }))
    expect(parts[0]).toMatchObject({ warnings: [{ code: 'tiktok_waits_in_inbox' }] })
    const photos = await publish(await photosOf('drafts', 2, { post_mode: 'inbox' }))
    expect(photos.parts[0]).toMatchObject({ warnings: [{ code: 'tiktok_waits_in_inbox' }] })
  })

  test('only for oneself', async () => {
    const { parts } = await publish(videoOf('private', small, { privacy_level: 'SELF_ONLY' }))
    expect(parts[0]).toMatchObject({ permalink: null, warnings: [{ code: 'tiktok_no_link' }] })
  })
})

describe('a slow or broken upload', () => {
  beforeAll(async () => {
    access = await accessOf('bob')
  })

  test('goes on at the chunk that TikTok confirms', async () => {
    const draft = postOf(videoOf('resumed', large))
    const saves: Prepared[] = []
    const dies = prepareOnce(tiktok.connector, draft, access, tiktok.call, {
      onSave: (saved) => {
        saves.push(saved)
        if (saved.state.uploaded_bytes === 10_000_000) throw new Error('killed')
      },
    })
    await failureOf(dies)
    const readBefore = tiktok.files.bytesRead
    // The save of the first chunk is lost, as when the process dies right before it.
    const prepared = await prepare(draft, saves[0])
    const made = await commit(draft, prepared)
    expect(tiktok.files.bytesRead - readBefore).toBe(large.facts.bytes - 10_000_000)
    expect(await confirm(draft, { ...made, prepared })).toMatchObject({ outcome: 'found' })
    expect(await live('resumed')).toHaveLength(1)
  })

  test('slow work ends well', async () => {
    await tiktok.fault({ step: 'status', fault: 'processing', times: 3 })
    await publish(videoOf('slow'))
    expect(await live('slow')).toHaveLength(1)
  })

  test('a lost answer of the last chunk is found by its publish id', async () => {
    const draft = postOf(videoOf('lost answer'))
    const prepared = await prepare(draft)
    await tiktok.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft, { prepared })).toMatchObject({ outcome: 'found' })
    expect(await live('lost answer')).toHaveLength(1)
  })

  test('a lost last chunk is absent, and the same upload is finished', async () => {
    const draft = postOf(videoOf('lost request', large))
    const prepared = await prepare(draft)
    await tiktok.fault({ step: 'publish', fault: 'drop_before' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft, { prepared })).toEqual({ outcome: 'absent' })
    const readBefore = tiktok.files.bytesRead
    const again = await prepare(draft, prepared)
    expect(tiktok.files.bytesRead).toBe(readBefore)
    const made = await commit(draft, again)
    expect(await confirm(draft, { ...made, prepared: again })).toMatchObject({ outcome: 'found' })
    expect(await live('lost request')).toHaveLength(1)
  })
})

describe('photos whose answer was lost', () => {
  test('are found by their words', async () => {
    const draft = postOf(await photosOf('lost photos', 2, { title: 'Lost title' }))
    const prepared = await prepare(draft)
    await tiktok.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft, { prepared })).toMatchObject({ outcome: 'found' })
  })

  test('and are never called absent', async () => {
    const draft = postOf(await photosOf('never sent', 2))
    await tiktok.fault({ step: 'publish', fault: 'drop_before' })
    expect(await failureOf(commit(draft))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft)).toMatchObject({ outcome: 'cannot_tell' })
  })
})

describe('faults', () => {
  // Six posts a minute are all that TikTok takes of one account.
  beforeAll(async () => {
    access = await accessOf('carol')
    settings = { privacy_level: 'FOLLOWER_OF_CREATOR' }
  })

  test.each([
    [{ step: 'upload', fault: 'status', status: 500 }, { kind: 'transient' }],
    [{ step: 'upload', fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ step: 'publish', fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ step: 'publish', fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ step: 'publish', fault: 'refuse' }, { kind: 'rejected' }],
    [{ step: 'status', fault: 'refuse' }, { kind: 'rejected' }],
  ])('%j', async (fault, expected) => {
    await tiktok.fault(fault)
    const content = await photosOf(JSON.stringify(fault), 1)
    const failure = fault.step === 'upload' ? publish(videoOf('fault')) : publish(content)
    expect(await failureOf(failure)).toMatchObject(expected)
  })

  test('an ended token', async () => {
    const account = { platform: 'tiktok', account_id: access.accountId }
    await tiktok.control('POST', '/_sandbox/expire', account)
    expect(await failureOf(publish(videoOf('late')))).toMatchObject({ kind: 'auth_expired' })
  })
})
