import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Content, Prepared } from '../../platforms/connector.ts'
import { type MediaFile, makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, described, draftOf, drive, prepareOnce } from './drive.ts'
import {
  attemptOf,
  connectByOauth,
  failureOf,
  grantBy,
  type Harness,
  startHarness,
} from './harness.ts'

let x: Harness
let alice: Access

beforeAll(async () => {
  x = await startHarness('x')
  const { client_id = '', client_secret = '' } = await x.credentials('alice')
  const app = { clientId: client_id, clientSecret: client_secret }
  alice = (await connectByOauth(x, app, 'alice')).access
})
afterEach(() => x.clearFaults())
afterAll(() => x.close())

function added(...files: MediaFile[]): MediaFile[] {
  x.files.add(...files)
  return files
}

function publish(content: Partial<Content>, access = alice) {
  const whole = contentOf(content)
  expect(x.connector.validate(whole)).toEqual([])
  return drive(x.connector, whole, access, x.call)
}

async function shown(id: string | undefined) {
  return (await x.livePosts()).find((post) => post.platform_post_id === id)
}

const draftFor = (content: Partial<Content>) => draftOf({ role: 'post', ...contentOf(content) }, [])

describe('files', () => {
  test('four pictures in their order, with descriptions', async () => {
    const files = added(
      await makeImage(),
      await makeImage({ format: 'png' }),
      await makeImage({ format: 'webp' }),
      await makeImage(),
    )
    const media = files.map(({ facts }, index) => described(facts, `Picture ${index} “&” 👩‍👩‍👧`))
    const { parts } = await publish({ text: 'four & more: example.com/a', media })
    const post = await shown(parts[0]?.platformPostId)
    expect(post?.media).toEqual(files.map(({ facts }) => facts.sha256))
    expect(post?.text).toBe('four & more: example.com/a')
  })

  test('a GIF', async () => {
    const [gif] = added(await makeGif())
    const { parts } = await publish({ text: 'it moves', media: gif ? [gif.facts] : [] })
    expect((await shown(parts[0]?.platformPostId))?.media).toEqual([gif?.facts.sha256])
  })

  test('a video of several segments, without a word', async () => {
    const [video] = added(await makeVideo({ width: 1280, height: 720, bytes: 9_000_000 }))
    const { parts } = await publish({ media: video ? [video.facts] : [] })
    expect(await shown(parts[0]?.platformPostId)).toMatchObject({
      text: '',
      media: [video?.facts.sha256],
    })
  })

  test('a video is waited for while X works on it', async () => {
    const [video] = added(await makeVideo({ width: 720, height: 1280 }))
    await x.fault({ step: 'status', fault: 'processing', times: 3 })
    const { parts } = await publish({ text: 'slow', media: video ? [video.facts] : [] })
    expect((await shown(parts[0]?.platformPostId))?.media).toHaveLength(1)
  })

  test('signed by OAuth 1.0a', async () => {
    const auth = x.registry.authorizer('x', 'oauth1')
    if (!auth) throw new Error('OAuth 1.0a is not offered')
    const app = { clientId: 'sandbox-x-api-key', clientSecret: 'sbx_secret_x_api_secret' }
    const { accessToken, tokenType, secrets = {} } = await grantBy(x, auth, app, 'bob')
    const known = { accessToken, tokenType, secrets }
    const { platformAccountId: accountId, handle } = await auth.identify(known, x.call)
    const access = { ...known, accountId, accountHandle: handle, scopes: [] }
    const files = added(
      await makeImage(),
      await makeVideo({ width: 640, height: 360, bytes: 5_000_000 }),
    )
    for (const { facts } of files) {
      const media = [described(facts, 'what it shows')]
      const { parts } = await publish({ text: `signed ${facts.kind}`, media }, access)
      expect((await shown(parts[0]?.platformPostId))?.media).toEqual([facts.sha256])
    }
  })
})

describe('an upload that is interrupted', () => {
  test('goes on after a crash without sending everything again', async () => {
    const [video] = added(await makeVideo({ width: 1280, height: 720, bytes: 9_000_000 }))
    const draft = draftFor({ text: 'resumed', media: video ? [video.facts] : [] })
    const saves: Prepared[] = []
    const before = x.files.bytesRead
    const onSave = (prepared: Prepared) => {
      saves.push(prepared)
      if (saves.length === 3) throw new Error('the process dies')
    }
    await failureOf(prepareOnce(x.connector, draft, alice, x.call, { onSave }))
    const saved = saves.at(-1)
    if (!saved) throw new Error('nothing was saved')
    const prepared = await prepareOnce(x.connector, draft, alice, x.call, { prepared: saved })
    expect(x.files.bytesRead - before).toBeLessThan((video?.facts.bytes ?? 0) + 4_000_001)
    const made = await x.connector.commit(draft, alice, x.call, prepared)
    expect((await shown('accepted' in made ? '' : made.platformPostId))?.media).toEqual([
      video?.facts.sha256,
    ])
  })

  test('trouble of X is transient, a file it cannot read is refused', async () => {
    const [video] = added(await makeVideo({ width: 1280, height: 720 }))
    const content = { text: 'trouble', media: video ? [video.facts] : [] }
    await x.fault({ step: 'upload', fault: 'status', status: 503 })
    expect(await failureOf(publish(content))).toMatchObject({ kind: 'transient' })
    await x.fault({ step: 'status', fault: 'refuse' })
    expect(await failureOf(publish(content))).toMatchObject({
      kind: 'rejected',
      code: 'x_processing_failed',
    })
  })

  test('a lost answer is found by text, files and parent', async () => {
    const [photo] = added(await makeImage())
    const media = photo ? [photo.facts] : []
    for (const text of ['lost with a picture https://example.com/x', '']) {
      const draft = draftFor({ text, media })
      const prepared = await prepareOnce(x.connector, draft, alice, x.call)
      await x.fault({ step: 'publish', fault: 'drop_after_accept' })
      const lost = await failureOf(x.connector.commit(draft, alice, x.call, prepared))
      expect(lost).toMatchObject({ kind: 'outcome_unknown' })
      const attempt = attemptOf(draft, prepared ? { prepared } : {})
      expect(await x.connector.confirm?.(attempt, alice, x.call)).toMatchObject({
        outcome: 'found',
      })
      const plain = attemptOf({ ...draft, media: [] })
      if (text)
        expect(await x.connector.confirm?.(plain, alice, x.call)).toEqual({ outcome: 'absent' })
    }
  })
})

describe('threads, polls and quotes', () => {
  test('each part answers the one before it; equal words elsewhere are no part of it', async () => {
    const [photo] = added(await makeImage())
    const thread = [
      { text: 'second', media: photo ? [photo.facts] : [] },
      { text: 'third', media: [] },
    ]
    const content = { text: 'first', thread, firstComment: 'and one more' }
    const { parts } = await publish({ ...content, settings: { reply_settings: 'following' } })
    expect(parts).toHaveLength(4)
    const texts = await Promise.all(
      parts.map(async (part) => (await shown(part.platformPostId))?.text),
    )
    expect(texts).toEqual(['first', 'second', 'third', 'and one more'])
    const [first, second, third] = parts
    if (!first || !second || !third) throw new Error('parts are missing')
    const reply = draftOf({ ...draftFor({ text: 'third' }), role: 'reply' }, [first, second])
    const confirm = (draft: typeof reply) =>
      x.connector.confirm?.(
        attemptOf({ ...draft, createdAt: new Date(Date.now() - 1000) }),
        alice,
        x.call,
      )
    expect(await confirm(reply)).toMatchObject({ post: { platformPostId: third.platformPostId } })
    expect(await confirm({ ...reply, parent: first })).toEqual({ outcome: 'absent' })
  })

  test('a poll, and a quote of an own post that confirm tells from a plain one', async () => {
    const poll = { options: ['Ja', 'Nein & 👍'], duration_minutes: 60 }
    const { parts } = await publish({ text: 'vote', settings: { poll } })
    const quote_tweet_id = parts[0]?.platformPostId ?? ''
    const { parts: quoting } = await publish({ text: 'see above', settings: { quote_tweet_id } })
    const draft = draftFor({ text: 'see above', settings: { quote_tweet_id } })
    expect(await x.connector.confirm?.(attemptOf(draft), alice, x.call)).toMatchObject({
      post: { platformPostId: quoting[0]?.platformPostId },
    })
    const plain = attemptOf({ ...draft, settings: {} })
    expect(await x.connector.confirm?.(plain, alice, x.call)).toEqual({ outcome: 'absent' })
  })

  test('lookup: live, then removed', async () => {
    const { parts } = await publish({ text: 'here for a moment' })
    const [post] = parts
    if (!post) throw new Error('no post')
    const { permalink } = post
    expect(await x.connector.lookup?.(post, alice, x.call)).toEqual({ state: 'live', permalink })
    await x.connector.remove?.(post, alice, x.call)
    expect(await x.connector.lookup?.(post, alice, x.call)).toEqual({ state: 'removed' })
  })
})
