import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import type { Content, Prepared } from '../../platforms/connector.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { coveredAccess } from './covered-access.ts'
import { contentOf, described, draftOf, drive, prepareOnce } from './drive.ts'
import { attemptOf, commitNow, failureOf, grantBy, type Harness, startHarness } from './harness.ts'

const APP = {
  clientId: 'sandbox-pinterest-client',
  clientSecret: 'sbx_secret_pinterest_client_secret',
}

let pinterest: Harness
let auth: Authorizer
let alice: Access
let board_id: string

beforeAll(async () => {
  pinterest = await startHarness('pinterest')
  auth = pinterest.connector.auth
  alice = await coveredAccess(pinterest, { handle: 'alice' })
  const boards = await auth.destinations?.(alice, pinterest.call)
  board_id = boards?.find(({ canPost }) => canPost)?.id ?? ''
})
afterEach(() => pinterest.clearFaults())
afterAll(() => pinterest.close())

const connect = (handle: string) => grantBy(pinterest, auth, APP, handle)
const accessOf = ({ accessToken, tokenType, scopes }: Grant) => ({
  accessToken,
  tokenType,
  scopes,
  secrets: {},
})
const refreshOf = ({ accessToken, refreshToken = '' }: Grant, app = APP) => ({
  app,
  accessToken,
  refreshToken,
  secrets: {},
})

describe('connect', () => {
  test('account and boards', async () => {
    const grant = await connect('alice')
    expect(grant.scopes).toEqual([...auth.scopes])
    expect(await auth.identify(accessOf(grant), pinterest.call)).toMatchObject({ handle: 'alice' })
    const boards = await auth.destinations?.(accessOf(grant), pinterest.call)
    expect(boards?.length).toBeGreaterThan(0)
    expect(boards?.every(({ id, kind }) => /^\d+$/.test(id) && kind === 'board')).toBe(true)
  })

  test('a refresh gives new tokens of their own lifetimes', async () => {
    const grant = await connect('alice')
    const fresh = await auth.refresh?.(refreshOf(grant), pinterest.call)
    expect(fresh?.accessToken).not.toBe(grant.accessToken)
    expect(fresh?.refreshToken).toBeTruthy()
    expect(fresh?.refreshExpiresAt?.getTime()).toBeGreaterThan(fresh?.expiresAt?.getTime() ?? 0)
  })
})

describe('refusals', () => {
  test('a made-up refresh token ends the connection, a wrong app does not', async () => {
    const grant = await connect('alice')
    const refreshing = (request: ReturnType<typeof refreshOf>) =>
      failureOf(Promise.resolve(auth.refresh?.(request, pinterest.call)))
    const madeUp = { ...grant, refreshToken: 'pinr_made_up' }
    expect(await refreshing(refreshOf(madeUp))).toMatchObject({ kind: 'auth_revoked' })
    const wrong = { ...APP, clientSecret: 'wrong' }
    expect(await refreshing(refreshOf(grant, wrong))).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_app_refused',
    })
  })

  test('a lost answer of the token endpoint is unknown', async () => {
    const grant = await connect('alice')
    await pinterest.fault({ step: 'token', fault: 'drop_after_accept' })
    const lost = Promise.resolve(auth.refresh?.(refreshOf(grant), pinterest.call))
    expect(await failureOf(lost)).toMatchObject({ kind: 'outcome_unknown' })
  })
})

const publish = (content: Partial<Content>) =>
  drive(
    pinterest.connector,
    contentOf({ ...content, settings: { board_id, ...content.settings } }),
    alice,
    pinterest.call,
  )
const live = async (text: string) =>
  (await pinterest.livePosts()).filter((one) => one.text === text)
const confirm = (...args: Parameters<typeof attemptOf>) =>
  pinterest.connector.confirm?.(attemptOf(...args), alice, pinterest.call)

async function add(made: ReturnType<typeof makeImage>) {
  const file = await made
  pinterest.files.add(file)
  return file.facts
}

const imageDraft = async (text: string, settings = {}) => ({
  ...pinterest.draft(text, { board_id, title: 'Soup', ...settings }),
  media: [await add(makeImage())],
})

describe('publish', () => {
  test('an image with everything, looked up, deleted twice', async () => {
    const image = await add(makeImage())
    const settings = { title: 'Soup', link: 'https://clarion.example/soup' }
    const media = [described(image, 'A bowl')]
    const { parts } = await publish({ text: 'Tomato & basil 🍅', media, settings })
    const [post] = parts
    if (!post) throw new Error('no Pin')
    expect(post.permalink).toBe(`https://www.pinterest.com/pin/${post.platformPostId}/`)
    expect(await live('Tomato & basil 🍅')).toMatchObject([
      { platform_post_id: post.platformPostId, media: [image.sha256] },
    ])
    const look = () => pinterest.connector.lookup?.(post, alice, pinterest.call)
    expect(await look()).toEqual({ state: 'live', permalink: post.permalink })
    await pinterest.connector.remove?.(post, alice, pinterest.call)
    await pinterest.connector.remove?.(post, alice, pinterest.call)
    expect(await look()).toEqual({ state: 'removed' })
    expect(await live('Tomato & basil 🍅')).toEqual([])
  })

  test('an album, in its order', async () => {
    const media = [await add(makeImage()), await add(makeImage()), await add(makeImage())]
    await publish({ text: 'three', media })
    expect(await live('three')).toMatchObject([{ media: media.map(({ sha256 }) => sha256) }])
  })

  test('a video with a frame, and with a cover of its own', async () => {
    const [video, cover] = [await add(makeVideo()), await add(makeImage())]
    await publish({ text: 'frame', media: [video] })
    const attached = { cover_media_id: cover }
    await publish({
      text: 'cover',
      media: [video],
      attached,
      settings: { cover_media_id: cover.id },
    })
    for (const text of ['frame', 'cover']) {
      const [pin] = await live(text)
      expect(pin?.media[0]).toBe(video.sha256)
    }
  })
})

describe('a video', () => {
  test('that arrived before a crash is not sent again', async () => {
    const video = await add(makeVideo())
    const content = contentOf({ text: 'resumed', media: [video], settings: { board_id } })
    const draft = draftOf({ role: 'post', ...content }, [])
    let prepared: Prepared | undefined
    const onSave = (saved: Prepared) => {
      if (saved.state.uploaded) throw new Error('killed')
      prepared = saved
    }
    const { connector, call, files } = pinterest
    await failureOf(prepareOnce(connector, draft, alice, call, { onSave }))
    if (prepared === undefined) throw new Error('nothing saved')
    const before = files.bytesRead
    const ready = await prepareOnce(connector, draft, alice, call, { prepared })
    await commitNow(pinterest, draft, alice, ready)
    expect(files.bytesRead).toBe(before)
    expect(await live('resumed')).toHaveLength(1)
  })

  test('whose processing fails is refused, a slow one asked for again', async () => {
    const video = await add(makeVideo())
    await pinterest.fault({ step: 'status', fault: 'refuse' })
    expect(await failureOf(publish({ text: 'failed', media: [video] }))).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_processing_failed',
    })
    await pinterest.fault({ step: 'status', fault: 'processing', times: 100 })
    expect(await failureOf(publish({ text: 'slow', media: [video] }))).toMatchObject({
      kind: 'transient',
      code: 'pinterest_still_processing',
    })
    expect([...(await live('failed')), ...(await live('slow'))]).toEqual([])
  })
})

describe('failures of a Pin', () => {
  test.each([
    [{ fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown' }],
  ])('%j', async (fault, failure) => {
    await pinterest.fault({ step: 'publish', ...fault })
    const draft = await imageDraft(`fails by ${fault.fault}`)
    expect(await failureOf(commitNow(pinterest, draft, alice))).toMatchObject(failure)
    expect(await live(draft.text)).toEqual([])
  })

  test('a board that is not there', async () => {
    const draft = await imageDraft('no board', { board_id: '1' })
    expect(await failureOf(commitNow(pinterest, draft, alice))).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_board_not_found',
    })
  })
})

describe('a lost answer', () => {
  test('of a Pin that was made is found', async () => {
    await pinterest.fault({ step: 'publish', fault: 'drop_after_accept' })
    const draft = await imageDraft('lost but there', { link: 'https://clarion.example/' })
    expect(await failureOf(commitNow(pinterest, draft, alice))).toMatchObject({
      kind: 'outcome_unknown',
    })
    const [pin] = await live(draft.text)
    expect(await confirm(draft)).toMatchObject({
      outcome: 'found',
      post: { platformPostId: pin?.platform_post_id },
    })
    const excludedPostIds = [pin?.platform_post_id ?? '']
    expect(await confirm(draft, { excludedPostIds })).toEqual({ outcome: 'absent' })
  })

  test('of a Pin that was not made is absent', async () => {
    await pinterest.fault({ step: 'publish', fault: 'drop_before' })
    const draft = await imageDraft('never arrived')
    await failureOf(commitNow(pinterest, draft, alice))
    expect(await confirm(draft)).toEqual({ outcome: 'absent' })
  })
})
