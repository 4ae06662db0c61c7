import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import type { Content, Draft, Prepared } from '../../platforms/connector.ts'
import { partsOf } from '../../platforms/content.ts'
import { type MediaFile, makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, draftOf, drive, prepareOnce } from './drive.ts'
import { attemptOf, failureOf, grantBy, type Harness, identify, startHarness } from './harness.ts'

const APP = {
  clientId: 'sandbox-reddit-client',
  clientSecret: 'sbx_secret_reddit_client_secret',
}

let reddit: Harness
let auth: Authorizer

beforeAll(async () => {
  reddit = await startHarness('reddit')
  const found = reddit.registry.authorizer('reddit', 'oauth2')
  if (!found) throw new Error('reddit is not offered')
  auth = found
})
afterEach(() => reddit.clearFaults())
afterAll(() => reddit.close())

const connect = () => grantBy(reddit, auth, APP, 'alice')
const accessOf = ({ accessToken, tokenType }: Grant) => ({ accessToken, tokenType, secrets: {} })
const refreshOf = ({ accessToken, refreshToken = '' }: Grant, app = APP) => ({
  app,
  accessToken,
  refreshToken,
  secrets: {},
})
const refreshing = (request: ReturnType<typeof refreshOf>) =>
  failureOf(Promise.resolve(auth.refresh?.(request, reddit.call)))

describe('connect', () => {
  test('account, own profile and subreddits with what hinders', async () => {
    const grant = await connect()
    expect(grant.scopes).toEqual([...auth.scopes])
    const [covered] = (await auth.accounts?.(accessOf(grant), reddit.call)) ?? []
    expect(covered).toMatchObject({ account: { handle: 'alice' } })
    expect(covered).not.toHaveProperty('problem')
    const places = (await auth.destinations?.(accessOf(grant), reddit.call)) ?? []
    expect(places[0]).toMatchObject({ id: 'u_alice', kind: 'profile', canPost: true })
    expect(places.filter(({ kind }) => kind === 'subreddit').length).toBeGreaterThan(0)
    for (const { canPost, reason } of places) expect(canPost).toBe(reason === undefined)
  })

  test('one refresh token is good again and again, until it is revoked', async () => {
    const grant = await connect()
    const first = await auth.refresh?.(refreshOf(grant), reddit.call)
    const second = await auth.refresh?.(refreshOf(grant), reddit.call)
    expect(first?.accessToken).not.toBe(second?.accessToken)
    await auth.revoke?.(refreshOf(grant), reddit.call)
    expect(await refreshing(refreshOf(grant))).toMatchObject({ kind: 'auth_revoked' })
    expect(await failureOf(auth.identify(accessOf(grant), reddit.call))).toMatchObject({
      kind: 'auth_expired',
    })
  })
})

describe('refusals', () => {
  test('a wrong app is no revocation', async () => {
    const wrong = { ...APP, clientSecret: 'wrong' }
    expect(await refreshing(refreshOf(await connect(), wrong))).toMatchObject({
      kind: 'rejected',
      code: 'reddit_app_refused',
    })
    const check = Promise.resolve(auth.verifyApp?.(wrong, reddit.call))
    expect(await failureOf(check)).toMatchObject({ code: 'reddit_app_refused' })
    await auth.verifyApp?.(APP, reddit.call)
  })

  test('a lost answer of the token endpoint does no harm', async () => {
    const grant = await connect()
    await reddit.fault({ step: 'token', fault: 'drop_after_accept' })
    expect(await refreshing(refreshOf(grant))).toMatchObject({ kind: 'transient' })
    expect((await auth.refresh?.(refreshOf(grant), reddit.call))?.accessToken).toBeTruthy()
  })
})

let access: Access

const SUBREDDIT = 'clarion_sandbox'

async function fileOf(made: Promise<MediaFile>) {
  const file = await made
  reddit.files.add(file)
  return file.facts
}

const postIn = (title: string, more: Partial<Content> = {}): Content =>
  contentOf({ text: '', ...more, settings: { subreddit: SUBREDDIT, title, ...more.settings } })

const publish = (content: Content) => drive(reddit.connector, content, access, reddit.call)
const live = async (words: string) =>
  (await reddit.livePosts()).filter(({ text }) => text.includes(words))

function postOf(content: Content): Draft {
  const [part] = partsOf(reddit.connector, content)
  if (!part) throw new Error('no part')
  return draftOf(part, [])
}

const prepare = (draft: Draft, saved?: Prepared) =>
  prepareOnce(reddit.connector, draft, access, reddit.call, saved ? { prepared: saved } : {})
const commit = (draft: Draft, prepared?: Prepared) =>
  reddit.connector.commit(draft, access, reddit.call, prepared)
const confirm = (draft: Draft, more: object = {}) =>
  reddit.connector.confirm?.(attemptOf(draft, more), access, reddit.call)

describe('publish', () => {
  beforeAll(async () => {
    access = (await identify(reddit, await connect())).access
  })

  test('a text with a first comment; look at it; delete it, twice', async () => {
    const text = 'Grüße & <b> “x” 👩‍👩‍👧\n\n**bold** https://example.com/?a=1&b=2'
    const settings = { nsfw: true, spoiler: true, sendreplies: false }
    const content = postIn('A <title> & more', { text, settings, firstComment: 'First & <!>' })
    expect(reddit.connector.validate(content)).toEqual([])
    const [post, comment] = (await publish(content)).parts
    if (!post || !comment) throw new Error('not published')
    expect(post.permalink).toMatch(/\/r\/clarion_sandbox\/comments\//)
    expect((await live('Grüße')).map((one) => one.platform_post_id)).toEqual([post.platformPostId])
    const { lookup, remove } = reddit.connector
    expect(await lookup?.(post, access, reddit.call)).toMatchObject({ state: 'live' })
    for (const one of [comment, comment, post, post]) await remove?.(one, access, reddit.call)
    expect(await lookup?.(post, access, reddit.call)).toEqual({ state: 'removed' })
    expect(await live('Grüße')).toEqual([])
  })

  test('a link', async () => {
    const { parts } = await publish(
      postIn('A link', { settings: { link: 'https://example.com/a' } }),
    )
    expect(parts[0]?.platformPostId).toMatch(/^t3_/)
    expect(await live('A link')).toHaveLength(1)
  })

  test('pictures, one and many, and a GIF', async () => {
    const image = await fileOf(makeImage())
    const gif = await fileOf(makeGif())
    const gallery = [await fileOf(makeImage({ format: 'png' })), await fileOf(makeImage())]
    for (const [title, media] of Object.entries({ 'one image': [image], gif: [gif], gallery })) {
      const { parts } = await publish(postIn(`Files: ${title}`, { media }))
      expect(parts[0]?.permalink).toMatch(/\/comments\//)
      const [post] = await live(`Files: ${title}`)
      expect(post?.media).toEqual(media.map(({ sha256 }) => sha256))
    }
  })

  test('a video with its poster', async () => {
    const video = await fileOf(makeVideo())
    const poster = await fileOf(makeImage())
    const settings = { poster_media_id: poster.id }
    const content = postIn('A video', { media: [video], settings })
    const { parts } = await publish({ ...content, attached: { poster_media_id: poster } })
    expect(parts[0]?.permalink).toMatch(/\/comments\//)
    expect((await live('A video'))[0]?.media).toContain(video.sha256)
  })

  test('to the own profile', async () => {
    await publish(postIn('On my profile', { settings: { subreddit: 'u_alice' } }))
    expect(await live('On my profile')).toHaveLength(1)
  })

  test('with a flair of the subreddit', async () => {
    const without = postIn('With flair', { settings: { subreddit: 'r/flair_first' } })
    const failure = await failureOf(publish(without))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'reddit_flair_required' })
    const flair_id = /\(([^)]+)\)/.exec(Object(failure).message)?.[1]
    await publish({ ...without, settings: { ...without.settings, flair_id } })
    expect(await live('With flair')).toHaveLength(1)
  })

  test.each<[string, Partial<Content>, string]>([
    ['no_such_place_here', {}, 'reddit_subreddit_noexist'],
    ['you_are_banned', {}, 'reddit_banned_from_subreddit'],
    ['members_only_posts', {}, 'reddit_subreddit_restricted'],
    ['links_only', { text: 'x' }, 'reddit_no_selfs'],
    ['links_only', { settings: { link: 'https://spam.example/' } }, 'reddit_domain_rules'],
    ['text_only', { settings: { link: 'https://example.com/' } }, 'reddit_no_links'],
    ['text_only', { text: 'long enough for this place' }, 'reddit_title_rules'],
    ['flair_first', { settings: { flair_id: 'x' } }, 'reddit_bad_flair_template_id'],
  ])('the rules of r/%s are read first: %j', async (subreddit, more, code) => {
    const settings = { subreddit, ...more.settings }
    const content = postIn('Against the rules', { ...more, settings })
    expect(await failureOf(publish(content))).toMatchObject({ kind: 'rejected', code })
    expect(await live('Against the rules')).toEqual([])
  })
})

describe('what was lost', () => {
  beforeAll(async () => {
    access = (await identify(reddit, await connect())).access
  })

  test.each(['drop_after_accept', 'drop_before'])('a text: %s', async (fault) => {
    const draft = postOf(postIn(`Title ${fault}`, { text: `Lost text ${fault}` }))
    const prepared = await prepare(draft)
    await reddit.fault({ step: 'publish', fault })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    const wasTaken = fault === 'drop_after_accept'
    expect(await confirm(draft)).toMatchObject({ outcome: wasTaken ? 'found' : 'absent' })
    expect(await live(`Lost text ${fault}`)).toHaveLength(wasTaken ? 1 : 0)
  })

  test('a picture may still be worked on, so that it is not absent for minutes', async () => {
    const media = [await fileOf(makeImage())]
    const draft = postOf(postIn('Lost picture', { media }))
    const prepared = await prepare(draft)
    await reddit.fault({ step: 'publish', fault: 'drop_before' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft)).toMatchObject({ outcome: 'processing' })
    const longAgo = new Date(Date.now() - 11 * 60_000)
    expect(await confirm(draft, { startedAt: longAgo })).toEqual({ outcome: 'absent' })
    await reddit.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commit(draft, prepared))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft)).toMatchObject({ outcome: 'found' })
  })

  test('files that are there are not sent again', async () => {
    const media = [await fileOf(makeImage()), await fileOf(makeImage())]
    const draft = postOf(postIn('Resumed gallery', { media }))
    const saves: Prepared[] = []
    await failureOf(
      prepareOnce(reddit.connector, draft, access, reddit.call, {
        onSave: (saved) => {
          saves.push(saved)
          if (saves.length === 2) throw new Error('killed')
        },
      }),
    )
    const readBefore = reddit.files.bytesRead
    await commit(draft, await prepare(draft, saves[1]))
    expect(reddit.files.bytesRead - readBefore).toBe(media[1]?.bytes)
    expect((await live('Resumed gallery'))[0]?.media).toEqual(media.map(({ sha256 }) => sha256))
  })

  test('a comment', async () => {
    const [root] = (await publish(postIn('Commented'))).parts
    if (!root) throw new Error('not published')
    const draft: Draft = { ...postOf(postIn('Commented')), role: 'comment', text: 'Lost one', root }
    await reddit.fault({ step: 'publish', fault: 'drop_after_accept' })
    expect(await failureOf(commit(draft))).toMatchObject({ kind: 'outcome_unknown' })
    expect(await confirm(draft)).toMatchObject({ outcome: 'found' })
    expect(await confirm({ ...draft, text: 'never sent' })).toEqual({ outcome: 'absent' })
  })
})

describe('faults', () => {
  beforeAll(async () => {
    access = (await identify(reddit, await connect())).access
  })

  test.each([
    [{ step: 'upload', fault: 'status', status: 500 }, { kind: 'transient' }],
    [{ step: 'upload', fault: 'drop_after_accept' }, { kind: 'transient' }],
    [{ step: 'publish', fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ step: 'publish', fault: 'rate_limit', retry_after_s: 120 }, { kind: 'rate_limited' }],
    [
      { step: 'publish', fault: 'duplicate' },
      { kind: 'outcome_unknown', code: 'reddit_duplicate' },
    ],
    [{ step: 'publish', fault: 'refuse' }, { kind: 'rejected' }],
  ])('%j', async (fault, expected) => {
    const media = [await fileOf(makeImage())]
    await reddit.fault(fault)
    const failure = await failureOf(publish(postIn(`Fault ${fault.fault}`, { media })))
    expect(failure).toMatchObject(expected)
  })

  test('a duplicate that is not ours is refused', async () => {
    const draft = postOf(postIn('Somebody else’s', { settings: { link: 'https://example.com/' } }))
    expect(await confirm(draft, { failureCode: 'reddit_duplicate' })).toMatchObject({
      outcome: 'refused',
      code: 'reddit_already_submitted',
    })
  })

  test('a slow picture is waited for', async () => {
    await reddit.fault({ step: 'publish', fault: 'processing' })
    const content = postIn('Slow picture', { media: [await fileOf(makeImage())] })
    expect((await publish(content)).parts[0]?.permalink).toMatch(/comments/)
  })

  test('an ended token', async () => {
    const account = { platform: 'reddit', account_id: access.accountId }
    await reddit.control('POST', '/_sandbox/expire', account)
    expect(await failureOf(publish(postIn('Too late')))).toMatchObject({ kind: 'auth_expired' })
  })
})
