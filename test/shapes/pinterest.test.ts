import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content, PublishCall } from '../../platforms/connector.ts'
import { coveredAccess } from '../connectors/covered-access.ts'
import { described } from '../connectors/drive.ts'
import { grantBy } from '../connectors/harness.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import type { Recorded } from './recording-http.ts'
import { type Shapes, startShapes } from './shapes.ts'
import { describeApi } from './vendor-sdk.ts'

/** Generated from Pinterest's OpenAPI description: docs/decisions/022-vendor-descriptions.md */
const description = await describeApi({
  project: 'pinterestsdk',
  version: '2.1.0',
  folder: 'pinterestsdk',
})
const describeSdk = description === undefined ? describe.skip : describe

const APP = {
  clientId: 'sandbox-pinterest-client',
  clientSecret: 'sbx_secret_pinterest_client_secret',
}

let pinterest: Shapes
let alice: Access
let board_id: string

const settings = (more: object = {}) => ({ board_id, title: 'Soup', ...more })
const publishing = (content: Partial<Content>) =>
  pinterest.faultsOf((call) => pinterest.publish(content, alice, call))

/** What goes to Pinterest itself: videos go to the storage of another firm, by an address it gave. */
const isOwn = ({ url }: Recorded) => url.pathname.startsWith('/pinterest/v5/')

describeSdk('requests to Pinterest, by its description', () => {
  beforeAll(async () => {
    const none = { operations: [], definitions: {} }
    pinterest = await startShapes('pinterest', description ?? none, '/v5')
    const { harness } = pinterest
    alice = await coveredAccess(harness, { handle: 'alice' })
    const boards = await harness.connector.auth.destinations?.(alice, harness.call)
    board_id = boards?.find(({ canPost }) => canPost)?.id ?? ''
  })
  afterAll(() => pinterest?.close())

  test('an image with everything', async () => {
    const [image] = pinterest.added(await makeImage())
    const media = image ? [described(image, 'A bowl')] : []
    const link = 'https://clarion.example/soup'
    const text = 'Tomato & basil 🍅'
    expect(await publishing({ text, media, settings: settings({ link }) })).toEqual([])
  })

  test('an album', async () => {
    const media = pinterest.added(await makeImage(), await makeImage(), await makeImage())
    expect(await publishing({ media, settings: settings() })).toEqual([])
    expect(await publishing({ media: media.slice(1), settings: settings() })).toEqual([])
  })

  test('a section of a board, whether it is there or not', async () => {
    const media = pinterest.added(await makeImage())
    const content = { media, settings: settings({ board_section_id: '123' }) }
    const tried = (call: PublishCall) =>
      pinterest.publish(content, alice, call).catch(() => undefined)
    expect(await pinterest.faultsOf(tried)).toEqual([])
    expect(pinterest.requests.at(-1)?.body).toMatchObject({ board_section_id: '123' })
  })

  test('a video with a frame or a picture as its cover', async () => {
    const [video, cover] = pinterest.added(
      await makeVideo({ width: 720, height: 1280 }),
      await makeImage(),
    )
    if (!video || !cover) throw new Error('no files')
    const ways: Partial<Content>[] = [
      { settings: settings() },
      { settings: settings({ cover_image_key_frame_time: 3 }) },
      { settings: settings({ cover_media_id: cover.id }), attached: { cover_media_id: cover } },
    ]
    for (const way of ways) {
      const before = pinterest.requests.length
      await pinterest.publish({ media: [video], ...way }, alice, pinterest.call)
      const asked = pinterest.requests.slice(before).filter(isOwn)
      expect(asked.map(pinterest.check.operationOf)).toEqual([
        'POST /media',
        'GET /media/{media_id}',
        'POST /pins',
      ])
      expect(asked.flatMap(pinterest.check.faultsOf)).toEqual([])
    }
  })

  test('connecting, who the account is, its boards', async () => {
    const { harness, call } = pinterest
    const { auth } = harness.connector
    const connecting = async () => {
      const { accessToken, refreshToken = '' } = await grantBy(
        { ...harness, call },
        auth,
        APP,
        'bob',
      )
      await auth.refresh?.({ app: APP, accessToken, refreshToken, secrets: {} }, call)
      await auth.verifyApp?.(APP, call)
      await auth.identify(alice, call)
      await auth.destinations?.(alice, call)
    }
    expect(await pinterest.faultsOf(connecting)).toEqual([])
  })

  test('what became of a Pin, its end, the look for a lost one', async () => {
    const { connector } = pinterest.harness
    const media = pinterest.added(await makeImage())
    const content = { text: 'gone soon', media, settings: settings() }
    const [pin] = await pinterest.publish(content, alice, pinterest.call)
    if (!pin) throw new Error('no Pin')
    const asked = [
      (call: PublishCall) => pinterest.confirm(content, alice, call),
      async (call: PublishCall) => connector.lookup?.(pin, alice, call),
      async (call: PublishCall) => connector.remove?.(pin, alice, call),
    ]
    for (const ask of asked) expect(await pinterest.faultsOf(ask)).toEqual([])
  })

  test('every endpoint that Clarion needs was asked', () => {
    const asked = new Set(pinterest.requests.filter(isOwn).map(pinterest.check.operationOf))
    expect([...asked].toSorted()).toEqual([
      'DELETE /pins/{pin_id}',
      'GET /boards',
      'GET /boards/{board_id}/pins',
      'GET /media/{media_id}',
      'GET /pins/{pin_id}',
      'GET /user_account',
      'POST /media',
      'POST /oauth/token',
      'POST /pins',
    ])
  })

  test('what is wrong is told', () => {
    const url = new URL(`${pinterest.harness.url}/pinterest/v5/pins`)
    const body = { board_id: 'soup', title: 't'.repeat(101), colour: 'red' }
    expect(pinterest.check.faultsOf({ method: 'POST', url, body, isForm: false })).toEqual([
      'POST /pins: body must NOT have additional properties (colour)',
      'POST /pins: body/board_id must match pattern "^\\d+$"',
      'POST /pins: body/title must NOT have more than 100 characters',
    ])
  })
})
