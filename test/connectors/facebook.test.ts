import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Access } from '../../platforms/call.ts'
import type { Content, Draft, Prepared } from '../../platforms/connector.ts'
import { makeImage, makeVideo, type VideoOptions } from '../support/media-files.ts'
import { contentOf, described, drive, prepareOnce } from './drive.ts'
import { attemptOf, failureOf, type Harness, startHarness } from './harness.ts'
import { metaAccess } from './meta-accounts.ts'

let facebook: Harness
let page: Access

beforeAll(async () => {
  facebook = await startHarness('facebook')
  page = await metaAccess(facebook, 'alice')
})
afterEach(() => facebook.clearFaults())
afterAll(() => facebook.close())

async function addImage(): Promise<Media> {
  const file = await makeImage()
  facebook.files.add(file)
  return file.facts
}

async function addVideo(options?: VideoOptions): Promise<Media> {
  const file = await makeVideo(options)
  facebook.files.add(file)
  return file.facts
}

const publish = (content: Partial<Content>) =>
  drive(facebook.connector, contentOf(content), page, facebook.call)
const live = async (text: string) => (await facebook.livePosts()).filter((one) => one.text === text)

async function prepare(draft: Draft): Promise<Prepared | undefined> {
  return prepareOnce(facebook.connector, draft, page, facebook.call)
}

describe('publish', () => {
  test('text and link with permalink, lookup, first comment; deleted twice', async () => {
    const text = 'Frisches Brot 🍞 & Kaffee <heute>'
    const { parts } = await publish({ text, firstComment: 'Link in bio' })
    const [post] = parts
    if (!post) throw new Error('no post')
    expect(parts).toHaveLength(2)
    expect(post.permalink).toMatch(/^https?:\/\//)
    expect(await live(text)).toMatchObject([{ platform_post_id: post.platformPostId }])
    expect(await facebook.connector.lookup?.(post, page, facebook.call)).toMatchObject({
      state: 'live',
    })
    await facebook.connector.remove?.(post, page, facebook.call)
    await facebook.connector.remove?.(post, page, facebook.call)
    expect(await live(text)).toEqual([])
    expect(await facebook.connector.lookup?.(post, page, facebook.call)).toEqual({
      state: 'removed',
    })
    await publish({ text: 'with a card', settings: { link: 'https://clarion.example/' } })
    expect(await live('with a card')).toHaveLength(1)
  })

  test('a picture and an album, files in their order', async () => {
    const [one, two, three] = [await addImage(), await addImage(), await addImage()]
    await publish({ text: 'one picture', media: [described(one, 'A loaf')] })
    await publish({ text: 'album', media: [three, one, two] })
    expect(await live('one picture')).toMatchObject([{ media: [one.sha256] }])
    expect(await live('album')).toMatchObject([{ media: [three.sha256, one.sha256, two.sha256] }])
  })

  test('video in parts, reel, stories; deleted by the video', async () => {
    const video = await addVideo({ bytes: 9_000_000 })
    await publish({ text: 'a video', media: [video], settings: { title: 'Baking' } })
    const reel = await publish({ text: 'a reel', media: [video], settings: { kind: 'reel' } })
    expect(await live('a video')).toMatchObject([{ media: [video.sha256] }])
    expect(await live('a reel')).toMatchObject([{ media: [video.sha256] }])
    const image = await addImage()
    const before = (await facebook.livePosts()).length
    await publish({ media: [image], settings: { kind: 'story' } })
    await publish({ media: [video], settings: { kind: 'story' } })
    expect((await facebook.livePosts()).length).toBe(before + 2)
    const [post] = reel.parts
    if (!post) throw new Error('no reel')
    await facebook.connector.remove?.(post, page, facebook.call)
    await facebook.connector.remove?.(post, page, facebook.call)
    expect(await live('a reel')).toEqual([])
  })

  test('processing after the finish: slow, and failed', async () => {
    await facebook.fault({ step: 'status', fault: 'processing', times: 3 })
    await publish({ text: 'slow reel', media: [await addVideo()], settings: { kind: 'reel' } })
    expect(await live('slow reel')).toHaveLength(1)
    await facebook.fault({ step: 'status', fault: 'refuse', times: 10 })
    const failure = await failureOf(publish({ text: 'broken', media: [await addVideo()] }))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'facebook_processing_failed' })
    expect(await live('broken')).toEqual([])
  })
})

describe('interrupted uploads', () => {
  const LINE_BYTES = 12_000_000

  test('a video continues with the part that was lost', async () => {
    const video = await addVideo({ bytes: 20_000_000, durationMs: 10_000 })
    const draft = { ...facebook.draft('interrupted video'), media: [video] }
    const saves: Prepared[] = []
    const { connector, call } = facebook
    const limited = { ...call, media: breakingAfter(LINE_BYTES) }
    const failure = await failureOf(
      prepareOnce(connector, draft, page, limited, { onSave: (one) => void saves.push(one) }),
    )
    expect(failure).toMatchObject({ kind: 'transient' })
    const saved = saves.at(-1)
    if (!saved) throw new Error('nothing saved')
    const readBefore = facebook.files.bytesRead
    const prepared = await prepareOnce(connector, draft, page, call, { prepared: saved })
    const readAgain = facebook.files.bytesRead - readBefore
    expect(readAgain).toBeLessThanOrEqual(video.bytes - LINE_BYTES + 8 * 1024 * 1024)
    expect(await connector.commit(draft, page, call, prepared)).toHaveProperty('accepted')
    expect(await live('interrupted video')).toMatchObject([{ media: [video.sha256] }])
  })

  test('a reel continues at the byte that Facebook confirms', async () => {
    const video = await addVideo({ bytes: 3_000_000 })
    const draft = { ...facebook.draft('interrupted reel', { kind: 'reel' }), media: [video] }
    const saves: Prepared[] = []
    const { connector, call } = facebook
    const limited = { ...call, media: breakingAfter(1_000) }
    await failureOf(
      prepareOnce(connector, draft, page, limited, { onSave: (one) => void saves.push(one) }),
    )
    const [saved] = saves
    if (!saved?.secrets) throw new Error('nothing saved')
    const parts = []
    for await (const chunk of facebook.files.read(video, { start: 0, end: 2_000_000 })) {
      parts.push(chunk)
    }
    const headers = { offset: '0', file_size: String(video.bytes) }
    await fetch(saved.secrets.upload_url ?? '', {
      method: 'POST',
      headers: { ...headers, authorization: `OAuth ${page.accessToken}` },
      body: Buffer.concat(parts),
    })
    const readBefore = facebook.files.bytesRead
    const prepared = await prepareOnce(connector, draft, page, call, { prepared: saved })
    expect(facebook.files.bytesRead - readBefore).toBe(video.bytes - 2_000_000)
    expect(await connector.commit(draft, page, call, prepared)).toHaveProperty('accepted')
    expect(await live('interrupted reel')).toMatchObject([{ media: [video.sha256] }])
  })

  /** The line breaks after so many bytes of files. */
  function breakingAfter(most: number) {
    let sent = 0
    const { files } = facebook
    return {
      url: files.url,
      exists: files.exists,
      async *read(...args: Parameters<typeof files.read>) {
        for await (const chunk of files.read(...args)) {
          sent += chunk.length
          if (sent > most) throw new Error('the line broke')
          yield chunk
        }
      },
    }
  }
})

describe('lost answers', () => {
  test('a post: found, and a repeat is a duplicate', async () => {
    const draft = { ...facebook.draft('lost answer'), media: [await addImage()] }
    const prepared = await prepare(draft)
    const { connector, call } = facebook
    await facebook.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = await failureOf(connector.commit(draft, page, call, prepared))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await connector.confirm?.(attemptOf(draft), page, call)
    const [post] = await live('lost answer')
    expect(found).toMatchObject({
      outcome: 'found',
      post: { platformPostId: post?.platform_post_id },
    })
  })

  test('a request that never arrived: absent once quiet', async () => {
    const draft = facebook.draft('never arrived')
    const { connector, call } = facebook
    await facebook.fault({ step: 'publish', fault: 'drop_before' })
    const lost = await failureOf(connector.commit(draft, page, call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown' })
    const early = attemptOf(draft, { sendBefore: new Date(Date.now() + 60_000) })
    expect(await connector.confirm?.(early, page, call)).toMatchObject({ outcome: 'cannot_tell' })
    expect(await connector.confirm?.(attemptOf(draft), page, call)).toEqual({ outcome: 'absent' })
    const duplicate = attemptOf(draft, { failureCode: 'facebook_duplicate' })
    expect(await connector.confirm?.(duplicate, page, call)).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test.each(['feed', 'reel'])('the finish of a %s', async (kind) => {
    const draft = { ...facebook.draft(`lost ${kind}`, { kind }), media: [await addVideo()] }
    const prepared = await prepare(draft)
    if (!prepared) throw new Error('not prepared')
    const { connector, call } = facebook
    await facebook.fault({ step: 'publish', fault: 'drop_before' })
    await failureOf(connector.commit(draft, page, call, prepared))
    const attempt = attemptOf(draft, { prepared })
    expect(await connector.confirm?.(attempt, page, call)).toEqual({ outcome: 'absent' })
    await facebook.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = await failureOf(connector.commit(draft, page, call, prepared))
    expect(lost).toMatchObject({ kind: 'outcome_unknown' })
    expect(await connector.confirm?.(attempt, page, call)).toMatchObject({ outcome: 'found' })
    const again = await prepareOnce(connector, draft, page, call, { prepared })
    expect(await connector.commit(draft, page, call, again)).toMatchObject({
      accepted: { video_id: expect.any(String) },
    })
    expect(await live(draft.text)).toHaveLength(1)
  })

  test('a story with a picture cannot be called absent', async () => {
    const draft = { ...facebook.draft('', { kind: 'story' }), media: [await addImage()] }
    const prepared = await prepare(draft)
    if (!prepared) throw new Error('not prepared')
    const { connector, call } = facebook
    await facebook.fault({ step: 'publish', fault: 'drop_before' })
    await failureOf(connector.commit(draft, page, call, prepared))
    expect(await connector.confirm?.(attemptOf(draft, { prepared }), page, call)).toMatchObject({
      outcome: 'cannot_tell',
    })
  })
})

describe('faults', () => {
  test.each([
    [{ fault: 'status', status: 500 }, { kind: 'outcome_unknown' }],
    [{ fault: 'rate_limit', retry_after_s: 60 }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'duplicate' }, { kind: 'outcome_unknown', code: 'facebook_duplicate' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown', code: 'answer_lost' }],
  ])('publish %j', async (fault, expected) => {
    const draft = facebook.draft(`fault ${JSON.stringify(fault)}`)
    await facebook.fault({ step: 'publish', ...fault })
    const failure = await failureOf(facebook.connector.commit(draft, page, facebook.call))
    expect(failure).toMatchObject(expected)
    expect(await live(draft.text)).toEqual([])
  })

  test('an upload that fails publishes nothing and comes back', async () => {
    await facebook.fault({ step: 'upload', fault: 'status', status: 500 })
    const failure = await failureOf(publish({ text: 'no upload', media: [await addImage()] }))
    expect(failure).toMatchObject({ kind: 'transient' })
    expect(await live('no upload')).toEqual([])
  })
})
