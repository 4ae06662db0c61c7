import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Access } from '../../platforms/call.ts'
import type { Content, Prepared } from '../../platforms/connector.ts'
import { makeGif, makeImage, makePdf, makeVideo } from '../support/media-files.ts'
import { coveredAccess } from './covered-access.ts'
import { contentOf, described, draftOf, drive, prepareOnce } from './drive.ts'
import { attemptOf, commitNow, failureOf, type Harness, startHarness } from './harness.ts'

const PAGE_SCOPES = ['w_organization_social', 'r_organization_social', 'rw_organization_admin']

let linkedin: Harness
let member: Access
let page: Access

beforeAll(async () => {
  linkedin = await startHarness('linkedin')
  member = await coveredAccess(linkedin, { handle: 'bob' })
  const wanted = { handle: 'alice', scopes: PAGE_SCOPES, kind: 'organization' }
  page = await coveredAccess(linkedin, wanted)
})
afterEach(() => linkedin.clearFaults())
afterAll(() => linkedin.close())

const publish = (content: Partial<Content>, access = page) =>
  drive(linkedin.connector, contentOf(content), access, linkedin.call)
const live = async (text: string) => (await linkedin.livePosts()).filter((one) => one.text === text)
const confirm = (...args: Parameters<typeof attemptOf>) =>
  linkedin.connector.confirm?.(attemptOf(...args), page, linkedin.call)

async function add(
  file: Promise<Awaited<ReturnType<typeof makeImage>>> | ReturnType<typeof makePdf>,
) {
  const made = await file
  linkedin.files.add(made)
  return made.facts
}

const hashes = (media: readonly Media[]) => media.map(({ sha256 }) => sha256)
const LONG_VIDEO_BYTES = 9_000_000

describe('publish', () => {
  test('a text of a member, deleted twice', async () => {
    const { parts } = await publish({ text: 'Good morning' }, member)
    const [post] = parts
    if (!post) throw new Error('no post')
    expect(post.permalink).toBe(`https://www.linkedin.com/feed/update/${post.platformPostId}`)
    expect(await live('Good morning')).toMatchObject([{ platform_post_id: post.platformPostId }])
    await linkedin.connector.remove?.(post, member, linkedin.call)
    await linkedin.connector.remove?.(post, member, linkedin.call)
    expect(await live('Good morning')).toEqual([])
  })

  test.each([
    ['reserved characters', String.raw`a\b <c> #1 ~d~ _e_ |f| [g] *h* (i) {j} k@l`],
    ['hashtags at edges', '#start (#middle) C# and #end'],
    ['emoji and right to left', '👩‍👩‍👧 שלום 🇩🇪 e\u0301'],
    ['addresses', 'https://a.example/x_(y)#top?q=[1]'],
  ])('%s are shown as they were written', async (_name, text) => {
    await publish({ text })
    expect(await live(text)).toHaveLength(1)
  })

  test('a mention is shown by its name', async () => {
    await publish({ text: `Thanks @[Dev & Co](${page.accountId})!` })
    expect(await live('Thanks Dev & Co!')).toHaveLength(1)
  })

  test('image, GIF and album, in their order', async () => {
    const [one, two] = [await add(makeImage()), await add(makeImage({ format: 'png' }))]
    const gif = await add(makeGif())
    await publish({ text: 'image', media: [described(one, 'A square')] }, member)
    await publish({ text: 'gif', media: [gif] })
    await publish({ text: 'album', media: [two, one] })
    expect(await live('image')).toMatchObject([{ media: hashes([one]) }])
    expect(await live('gif')).toMatchObject([{ media: hashes([gif]) }])
    expect(await live('album')).toMatchObject([{ media: hashes([two, one]) }])
  })

  test('a document and a link with its picture', async () => {
    const [pdf, picture] = [await add(makePdf()), await add(makeImage())]
    await publish({ text: 'document', media: [pdf], settings: { title: 'Plan' } })
    expect(await live('document')).toMatchObject([{ media: hashes([pdf]) }])
    const link = { url: 'https://clarion.example/news', title: 'News', description: 'All of it' }
    const settings = { link, thumbnail_media_id: picture.id }
    await publish({ text: 'link', settings, attached: { thumbnail_media_id: picture } })
    expect(await live('link')).toHaveLength(1)
  })

  test('a poll and a first comment', async () => {
    const poll = { question: 'Which?', options: ['a', 'b'], duration: 'ONE_DAY' }
    const { parts } = await publish({
      text: 'poll',
      settings: { poll },
      firstComment: 'More (here)',
    })
    const [, comment] = parts
    expect(comment?.platformPostId).toMatch(/^urn:li:comment:\(/)
    expect(await live('poll')).toHaveLength(1)
  })
})

describe('a video', () => {
  test('in parts', async () => {
    const video = await add(makeVideo({ bytes: LONG_VIDEO_BYTES }))
    await publish({ text: 'video', media: [video] }, member)
    expect(await live('video')).toMatchObject([{ media: hashes([video]) }])
  })

  test('is continued after a crash, at most one part sent again', async () => {
    const video = await add(makeVideo({ bytes: LONG_VIDEO_BYTES }))
    const part = { role: 'post' as const, ...contentOf({ text: 'resumed', media: [video] }) }
    const draft = draftOf(part, [])
    const before = linkedin.files.bytesRead
    let saved: Prepared | undefined
    const onSave = (prepared: Prepared) => {
      saved = prepared
      if (Object(prepared.state).assets[0].etags.length === 2) throw new Error('killed')
    }
    await failureOf(prepareOnce(linkedin.connector, draft, page, linkedin.call, { onSave }))
    const prepared = saved
    if (prepared === undefined) throw new Error('nothing saved')
    const ready = await prepareOnce(linkedin.connector, draft, page, linkedin.call, { prepared })
    await commitNow(linkedin, draft, page, ready)
    expect(await live('resumed')).toMatchObject([{ media: hashes([video]) }])
    expect(linkedin.files.bytesRead - before).toBe(video.bytes)
  })

  test('whose processing fails is refused, a slow one asked for again', async () => {
    const video = await add(makeVideo())
    await linkedin.fault({ step: 'status', fault: 'refuse' })
    expect(await failureOf(publish({ text: 'failed', media: [video] }))).toMatchObject({
      kind: 'rejected',
      code: 'linkedin_processing_failed',
    })
    await linkedin.fault({ step: 'status', fault: 'processing', times: 100 })
    expect(await failureOf(publish({ text: 'slow', media: [video] }))).toMatchObject({
      kind: 'transient',
      code: 'linkedin_still_processing',
    })
    expect([...(await live('failed')), ...(await live('slow'))]).toEqual([])
  })
})

describe('failures', () => {
  test.each([
    [{ fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown' }],
  ])('%j', async (fault, failure) => {
    await linkedin.fault({ step: 'publish', ...fault })
    const draft = linkedin.draft(`fails by ${fault.fault}`)
    expect(await failureOf(commitNow(linkedin, draft, page))).toMatchObject(failure)
    expect(await live(draft.text)).toEqual([])
  })

  test('a revoked token ends the connection', async () => {
    const carol = await coveredAccess(linkedin, { handle: 'carol' })
    const account_id = carol.accountId.split(':').at(-1)
    await linkedin.control('POST', '/_sandbox/revoke', { platform: 'linkedin', account_id })
    const failure = await failureOf(commitNow(linkedin, linkedin.draft('x'), carol))
    expect(failure).toMatchObject({ kind: 'auth_revoked' })
  })
})

describe('a lost answer', () => {
  test('of a post that was taken is found, once', async () => {
    await linkedin.fault({ step: 'publish', fault: 'drop_after_accept' })
    const draft = linkedin.draft('lost (but there) #now')
    const failure = await failureOf(commitNow(linkedin, draft, page))
    expect(failure).toMatchObject({ kind: 'outcome_unknown' })
    const [post] = await live(draft.text)
    expect(await confirm(draft)).toMatchObject({
      outcome: 'found',
      post: { platformPostId: post?.platform_post_id },
    })
  })

  test('of a post that was not taken is absent', async () => {
    await linkedin.fault({ step: 'publish', fault: 'drop_before' })
    const draft = linkedin.draft('never arrived')
    await failureOf(commitNow(linkedin, draft, page))
    expect(await confirm(draft)).toEqual({ outcome: 'absent' })
  })

  test('of a member cannot be looked up', async () => {
    const draft = linkedin.draft('whose?')
    const seen = await linkedin.connector.confirm?.(attemptOf(draft), member, linkedin.call)
    expect(seen).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('of a comment is found below its post', async () => {
    const { parts } = await publish({ text: 'commented' })
    const [root] = parts
    if (!root) throw new Error('no post')
    const draft = { ...linkedin.draft('First!'), role: 'comment' as const, root, parent: root }
    await linkedin.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commitNow(linkedin, draft, page))).toMatchObject({
      kind: 'outcome_unknown',
    })
    expect(await confirm(draft)).toMatchObject({
      outcome: 'found',
      post: { platformPostId: expect.stringMatching(/^urn:li:comment:/) },
    })
  })
})

describe('a duplicate', () => {
  test('is resolved by the post that LinkedIn names', async () => {
    const draft = linkedin.draft('said twice')
    const first = await commitNow(linkedin, draft, page)
    const again = await linkedin.connector.commit(draft, page, linkedin.call)
    expect(again).toEqual({ accepted: { duplicate_of: first.platformPostId } })
    if (!('accepted' in again)) throw new Error('published twice')
    const { accepted } = again
    expect(await confirm(draft, { accepted })).toEqual({ outcome: 'found', post: first })
    const excludedPostIds = [first.platformPostId]
    expect(await confirm(draft, { accepted, excludedPostIds })).toMatchObject({
      outcome: 'refused',
      code: 'linkedin_duplicate',
    })
    expect(await live(draft.text)).toHaveLength(1)
  })

  test('of a post that nobody shows publishes nothing', async () => {
    for (const access of [page, member]) {
      await linkedin.fault({ step: 'publish', fault: 'duplicate' })
      const draft = linkedin.draft('a ghost of it')
      const made = await linkedin.connector.commit(draft, access, linkedin.call)
      const attempt = attemptOf(draft, 'accepted' in made ? made : {})
      const seen = await linkedin.connector.confirm?.(attempt, access, linkedin.call)
      expect(seen).toMatchObject({ outcome: 'refused', code: 'linkedin_duplicate' })
    }
    expect(await live('a ghost of it')).toEqual([])
  })

  test('of a member is theirs when it is of this publish', async () => {
    const draft = linkedin.draft('said twice by a member')
    const first = await commitNow(linkedin, draft, member)
    const again = await linkedin.connector.commit(draft, member, linkedin.call)
    const attempt = attemptOf(draft, 'accepted' in again ? again : {})
    const seen = await linkedin.connector.confirm?.(attempt, member, linkedin.call)
    expect(seen).toEqual({ outcome: 'found', post: first })
  })
})

test('lookup tells live and removed', async () => {
  const draft = linkedin.draft('to be looked at')
  const post = await commitNow(linkedin, draft, page)
  const look = () => linkedin.connector.lookup?.(post, page, linkedin.call)
  expect(await look()).toEqual({ state: 'live', permalink: post.permalink })
  await linkedin.connector.remove?.(post, page, linkedin.call)
  expect(await look()).toEqual({ state: 'removed' })
})
