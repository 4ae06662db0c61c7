import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content, PublishCall } from '../../platforms/connector.ts'
import { described } from '../connectors/drive.ts'
import { connectByOauth } from '../connectors/harness.ts'
import { makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import { type Shapes, startShapes } from './shapes.ts'
import { describeApi } from './vendor-sdk.ts'

/** X's own SDK, generated from its OpenAPI description: docs/decisions/022-vendor-descriptions.md */
const description = await describeApi({ project: 'xdk', version: '0.10.6', folder: 'xdk' })
const describeSdk = description === undefined ? describe.skip : describe

/** The name of before the description's `post.fields`, which X still knows and its prose teaches. */
const OLD_NAMES = [
  'GET /2/users/{id}/tweets: query must NOT have additional properties (tweet.fields)',
]

let x: Shapes
let alice: Access
/** A post that others answer and quote. */
let known: string

const publishing = (content: Partial<Content>) =>
  x.faultsOf((call) => x.publish(content, alice, call))

describeSdk('requests to X, by the description of its SDK', () => {
  beforeAll(async () => {
    x = await startShapes('x', description ?? { operations: [], definitions: {} })
    const { client_id = '', client_secret = '' } = await x.harness.credentials('alice')
    const app = { clientId: client_id, clientSecret: client_secret }
    alice = (await connectByOauth(x.harness, app, 'alice')).access
    const [post] = await x.publish({ text: 'known' }, alice, x.call)
    known = post?.platformPostId ?? ''
  })
  afterAll(() => x?.close())

  test.each<[string, () => Partial<Content>]>([
    ['text', () => ({ text: 'plain' })],
    ['link', () => ({ text: 'see https://example.com/a' })],
    [
      'poll',
      () => ({ text: 'which?', settings: { poll: { options: ['a', 'b'], duration_minutes: 60 } } }),
    ],
    ['reply', () => ({ text: 'yes', settings: { in_reply_to_tweet_id: known } })],
    ['quote', () => ({ text: 'so true', settings: { quote_tweet_id: known } })],
    ['thread', () => ({ text: 'one', thread: [{ text: 'two', media: [] }] })],
    [
      'disclosures and who may reply',
      () => ({
        text: 'all of it',
        settings: { made_with_ai: true, paid_partnership: true, reply_settings: 'following' },
      }),
    ],
  ])('%s', async (_kind, content) => {
    expect(await publishing(content())).toEqual([])
  })

  test('a community, whoever its members are', async () => {
    const settings = { community_id: '1234567890', share_with_followers: true }
    const tried = (call: PublishCall) =>
      x.publish({ text: 'to some', settings }, alice, call).catch(() => undefined)
    expect(await x.faultsOf(tried)).toEqual([])
    expect(x.requests.at(-1)?.body).toMatchObject(settings)
  })

  test('pictures with descriptions and people', async () => {
    const files = x.added(await makeImage(), await makeImage({ format: 'png' }))
    const media = files.map((file) => described(file, 'what it shows'))
    const settings = { tagged_user_ids: [alice.accountId] }
    expect(await publishing({ text: 'look', media, settings })).toEqual([])
  })

  test('a GIF and a video, by segments', async () => {
    const [gif, video] = x.added(
      await makeGif(),
      await makeVideo({ width: 1280, height: 720, bytes: 9_000_000 }),
    )
    expect(await publishing({ media: gif ? [described(gif, 'it moves')] : [] })).toEqual([])
    await x.harness.fault({ step: 'status', fault: 'processing', times: 1 })
    expect(await publishing({ text: 'a film', media: video ? [video] : [] })).toEqual([])
  })

  test('who the account is, what became of a post, its end', async () => {
    const { connector } = x.harness
    const post = { platformPostId: known }
    const asked = [
      (call: PublishCall) => connector.auth.identify(alice, call),
      async (call: PublishCall) => connector.lookup?.(post, alice, call),
      async (call: PublishCall) => connector.remove?.(post, alice, call),
    ]
    for (const ask of asked) expect(await x.faultsOf(ask)).toEqual([])
  })

  test('the look for a lost post, by the old name of the fields alone', async () => {
    for (const text of ['lost', 'l'.repeat(400)]) {
      const confirming = (call: PublishCall) => x.confirm({ text }, alice, call)
      expect(await x.faultsOf(confirming)).toEqual(OLD_NAMES)
    }
  })

  test('every endpoint that publishing needs was asked', () => {
    const asked = new Set(x.requests.map(x.check.operationOf))
    expect([...asked].toSorted()).toEqual([
      'DELETE /2/tweets/{id}',
      'GET /2/media/upload',
      'GET /2/tweets/{id}',
      'GET /2/users/me',
      'GET /2/users/{id}/tweets',
      'POST /2/media/metadata',
      'POST /2/media/upload',
      'POST /2/media/upload/initialize',
      'POST /2/media/upload/{id}/append',
      'POST /2/media/upload/{id}/finalize',
      'POST /2/tweets',
    ])
  })

  test('what is wrong is told', () => {
    const url = new URL(`${x.harness.url}/x/2/tweets`)
    const body = { text: 'hi', media: {}, colour: 'red', reply_settings: 'me' }
    expect(x.check.faultsOf({ method: 'POST', url, body, isForm: false })).toEqual([
      'POST /2/tweets: body must NOT have additional properties (colour)',
      "POST /2/tweets: body/media must have required property 'media_ids'",
      'POST /2/tweets: body/reply_settings must be equal to one of the allowed values: following,mentionedUsers,subscribers,verified',
    ])
  })
})
