import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content, Draft, Prepared } from '../../platforms/connector.ts'
import { partsOf } from '../../platforms/content.ts'
import { makeImage, makeVideo, type VideoOptions } from '../support/media-files.ts'
import { contentOf, draftOf, drive, prepareOnce } from './drive.ts'
import { attemptOf, failureOf, grantBy, type Harness, identify, startHarness } from './harness.ts'

let youtube: Harness
let access: Access

beforeAll(async () => {
  youtube = await startHarness('youtube')
  access = await accessOf('alice')
})
afterEach(() => youtube.clearFaults())
afterAll(() => youtube.close())

async function accessOf(handle: string): Promise<Access> {
  const { client_id = '', client_secret = '' } = await youtube.credentials(handle)
  const app = { clientId: client_id, clientSecret: client_secret }
  const grant = await grantBy(youtube, youtube.connector.auth, app, handle)
  return (await identify(youtube, grant)).access
}

const LARGE: VideoOptions = { width: 1920, height: 1080, bytes: 20_000_000 }

/** Of a file of its own each: a channel takes none twice. */
async function videoOf(
  title: string,
  more: Partial<Content> = {},
  options: VideoOptions = {},
): Promise<Content> {
  const file = await makeVideo(options)
  youtube.files.add(file)
  const settings = { title, ...more.settings }
  return contentOf({ text: `About ${title}`, media: [file.facts], ...more, settings })
}

const publish = (content: Content) => drive(youtube.connector, content, access, youtube.call)
const live = async (title: string) =>
  (await youtube.livePosts()).filter(({ text }) => text.includes(title))

function postOf(content: Content): Draft {
  const [part] = partsOf(youtube.connector, content)
  if (!part) throw new Error('no part')
  return draftOf(part, [])
}

const prepare = (draft: Draft, saved?: Prepared) =>
  prepareOnce(youtube.connector, draft, access, youtube.call, saved ? { prepared: saved } : {})
const commit = (draft: Draft, prepared?: Prepared) =>
  youtube.connector.commit(draft, access, youtube.call, prepared)
const confirm = (draft: Draft, more: object = {}) =>
  youtube.connector.confirm?.(attemptOf(draft, more), access, youtube.call)

describe('publish', () => {
  test('a short; look at it; delete it, twice', async () => {
    const content = await videoOf('Grüße 👩‍👩‍👧 “x” & y', {
      settings: {
        kind: 'short',
        tags: ['one', 'two words'],
        category_id: '22',
        made_for_kids: false,
        notify_subscribers: false,
        license: 'creativeCommon',
        embeddable: true,
        public_stats_viewable: true,
        contains_synthetic_media: true,
        default_language: 'de',
      },
    })
    expect(youtube.connector.validate(content)).toEqual([])
    const [post] = (await publish(content)).parts
    if (!post) throw new Error('nothing was published')
    expect(post.permalink).toBe(`https://www.youtube.com/shorts/${post.platformPostId}`)
    const [seen] = await live('Grüße')
    expect(seen).toMatchObject({
      platform_post_id: post.platformPostId,
      media: content.media.map(({ sha256 }) => sha256),
    })
    const { lookup, remove } = youtube.connector
    expect(await lookup?.(post, access, youtube.call)).toMatchObject({ state: 'live' })
    await remove?.(post, access, youtube.call)
    await remove?.(post, access, youtube.call)
    expect(await lookup?.(post, access, youtube.call)).toEqual({ state: 'removed' })
    expect(await live('Grüße')).toEqual([])
  })

  test('a large video with a thumbnail and a first comment', async () => {
    const thumbnail = await makeImage({ width: 1280, height: 720 })
    youtube.files.add(thumbnail)
    const content = await videoOf(
      'With everything',
      {
        settings: { thumbnail_media_id: thumbnail.facts.id },
        attached: { thumbnail_media_id: thumbnail.facts },
        firstComment: 'First!',
      },
      LARGE,
    )
    const { parts } = await publish(content)
    expect(parts).toHaveLength(3)
    expect((await live('With everything'))[0]?.media).toContain(content.media[0]?.sha256)
    const comment = parts[2]
    expect(comment?.permalink).toContain('&lc=')
    if (!comment) throw new Error('no comment')
    await youtube.connector.remove?.(comment, access, youtube.call)
    await youtube.connector.remove?.(comment, access, youtube.call)
  })

  test('what YouTube makes private is told', async () => {
    const asked = await videoOf('private', { settings: { privacy_status: 'private' } })
    expect((await publish(asked)).parts[0]).not.toHaveProperty('warnings')
  })
})

describe('a broken upload', () => {
  test('goes on at the byte that YouTube confirms', async () => {
    const content = await videoOf('resumed', {}, LARGE)
    const draft = postOf(content)
    const saves: Prepared[] = []
    await failureOf(
      prepareOnce(youtube.connector, draft, access, youtube.call, {
        onSave: (saved) => {
          saves.push(saved)
          if (saves.length === 2) throw new Error('killed')
        },
      }),
    )
    const readBefore = youtube.files.bytesRead
    // The save of the first chunk is lost, as when the process dies right before it.
    const prepared = await prepare(draft, saves[0])
    const made = await commit(draft, prepared)
    expect(youtube.files.bytesRead - readBefore).toBe(
      (content.media[0]?.bytes ?? 0) - 8 * 1024 * 1024,
    )
    expect(await confirm(draft, { ...made, prepared })).toMatchObject({ outcome: 'found' })
    expect(await live('resumed')).toHaveLength(1)
  })

  test('a lost answer is found by the session', async () => {
    const draft = postOf(await videoOf('lost answer'))
    const prepared = await prepare(draft)
    await youtube.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft, { prepared })).toMatchObject({ outcome: 'found' })
    const again = await prepare(draft, prepared)
    expect(again?.state).toHaveProperty('video_id')
    await commit(draft, again)
    expect(await live('lost answer')).toHaveLength(1)
  })

  test('without its session it is found among the uploads', async () => {
    const draft = postOf(await videoOf('lost session'))
    const prepared = await prepare(draft)
    await youtube.fault({ step: 'publish', fault: 'drop_after_accept' })
    await failureOf(commit(draft, prepared))
    expect(await confirm(draft)).toMatchObject({ outcome: 'found' })
    expect(await confirm(postOf(await videoOf('another')))).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test('a lost request is absent, and the same session is finished', async () => {
    const draft = postOf(await videoOf('lost request'))
    const prepared = await prepare(draft)
    await youtube.fault({ step: 'publish', fault: 'drop_before' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft, { prepared })).toEqual({ outcome: 'absent' })
    const early = { prepared, sendBefore: new Date(Date.now() + 60_000) }
    expect(await confirm(draft, early)).toMatchObject({ outcome: 'cannot_tell' })
    await commit(draft, await prepare(draft, prepared))
    expect(await live('lost request')).toHaveLength(1)
  })

  test('a lost comment is found, a comment never sent is absent', async () => {
    const { parts } = await publish(await videoOf('commented'))
    const [root] = parts
    if (!root) throw new Error('no video')
    const comment = (text: string): Draft => ({
      ...youtube.draft(text, { title: 'commented' }),
      role: 'comment',
      root,
      parent: root,
    })
    await youtube.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = comment('lost comment')
    expect(await failureOf(commit(lost))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(lost)).toMatchObject({ outcome: 'found' })
    expect(await confirm(comment('never sent'))).toEqual({ outcome: 'absent' })
  })
})

describe('faults', () => {
  test.each([
    [{ step: 'upload', fault: 'status', status: 500 }, { kind: 'transient' }],
    [{ step: 'upload', fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ step: 'upload', fault: 'drop_after_accept' }, { kind: 'transient' }],
    [{ step: 'publish', fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ step: 'publish', fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ step: 'publish', fault: 'refuse' }, { kind: 'rejected' }],
    [{ step: 'status', fault: 'refuse' }, { kind: 'rejected' }],
  ])('%j', async (fault, expected) => {
    await youtube.fault(fault)
    const failure = await failureOf(publish(await videoOf(JSON.stringify(fault.step))))
    expect(failure).toMatchObject(expected)
  })

  test('slow processing ends well', async () => {
    await youtube.fault({ step: 'status', fault: 'processing', times: 3 })
    expect((await publish(await videoOf('slow'))).parts[0]?.permalink).toMatch(/shorts/)
  })

  test('an ended token', async () => {
    const account = { platform: 'youtube', account_id: access.accountId }
    await youtube.control('POST', '/_sandbox/expire', account)
    expect(await failureOf(publish(await videoOf('late')))).toMatchObject({ kind: 'auth_expired' })
  })
})
