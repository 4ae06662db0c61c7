import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Content } from '../../platforms/connector.ts'
import { type MediaFile, makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, described, draftOf, drive, prepareOnce } from './drive.ts'
import {
  attemptOf,
  type Connected,
  failureOf,
  type Harness,
  identify,
  startHarness,
} from './harness.ts'

let bluesky: Harness
let alice: Connected

beforeAll(async () => {
  bluesky = await startHarness('bluesky')
  const credentials = await bluesky.credentials('alice')
  const grant = await bluesky.connector.auth.withCredentials?.(credentials, bluesky.call)
  if (!grant) throw new Error('no log-in')
  alice = await identify(bluesky, grant)
})
afterEach(() => bluesky.clearFaults())
afterAll(() => bluesky.close())

function added(...files: MediaFile[]): MediaFile[] {
  bluesky.files.add(...files)
  return files
}

function publish(content: Partial<Content>) {
  const whole = contentOf(content)
  expect(bluesky.connector.validate(whole)).toEqual([])
  return drive(bluesky.connector, whole, alice.access, bluesky.call)
}

async function shown(id: string | undefined) {
  return (await bluesky.livePosts()).find((post) => post.platform_post_id === id)
}

/** The record as the repository holds it. */
async function recordOf(uri = ''): Promise<Record<string, unknown>> {
  const [repo = '', collection = '', rkey = ''] = uri.replace('at://', '').split('/')
  const query = new URLSearchParams({ repo, collection, rkey })
  const answer = await fetch(`${bluesky.url}/xrpc/com.atproto.repo.getRecord?${query}`)
  return Object(await answer.json()).value
}

const draftFor = (content: Partial<Content>) => draftOf({ role: 'post', ...contentOf(content) }, [])
const prepare = (draft: ReturnType<typeof draftFor>) =>
  prepareOnce(bluesky.connector, draft, alice.access, bluesky.call)

describe('files', () => {
  test('four pictures in their order, with descriptions and shapes', async () => {
    const files = added(
      await makeImage({ width: 800, height: 600 }),
      await makeImage({ format: 'png' }),
      await makeImage({ format: 'webp' }),
      await makeImage(),
    )
    const media = files.map(({ facts }, index) => described(facts, `Picture ${index} “&” 👩‍👩‍👧`))
    const { parts } = await publish({ text: 'four', media })
    const uri = parts[0]?.platformPostId
    expect((await shown(uri))?.media).toEqual(files.map(({ facts }) => facts.sha256))
    expect((await recordOf(uri)).embed).toMatchObject({
      $type: 'app.bsky.embed.images',
      images: [
        { alt: 'Picture 0 “&” 👩‍👩‍👧', aspectRatio: { width: 800, height: 600 } },
        {},
        {},
        { alt: 'Picture 3 “&” 👩‍👩‍👧' },
      ],
    })
  })

  test('a GIF is a still picture, and that is said', async () => {
    const [gif] = added(await makeGif())
    const { parts } = await publish({ text: 'still', media: gif ? [gif.facts] : [] })
    expect(parts[0]?.warnings).toMatchObject([{ code: 'bluesky_gif_stands_still' }])
    expect((await shown(parts[0]?.platformPostId))?.media).toEqual([gif?.facts.sha256])
  })

  test('a video by way of the video service, without a word; the same one again', async () => {
    const [video] = added(await makeVideo({ bytes: 3_000_000 }))
    const media = video ? [described(video.facts, 'A film')] : []
    for (const times of [0, 3]) {
      if (times) await bluesky.fault({ step: 'status', fault: 'processing', times })
      const { parts } = await publish({ media })
      expect(await shown(parts[0]?.platformPostId)).toMatchObject({
        text: '',
        media: [video?.facts.sha256],
      })
      expect((await recordOf(parts[0]?.platformPostId)).embed).toMatchObject({
        $type: 'app.bsky.embed.video',
        alt: 'A film',
        aspectRatio: { width: 1080, height: 1920 },
      })
    }
  })

  test('trouble while uploading is transient, a video it cannot process is refused', async () => {
    const [photo, video] = added(await makeImage(), await makeVideo())
    await bluesky.fault({ step: 'upload', fault: 'status', status: 503 })
    const content = { text: 'trouble', media: photo ? [photo.facts] : [] }
    expect(await failureOf(publish(content))).toMatchObject({ kind: 'transient' })
    await bluesky.fault({ step: 'status', fault: 'refuse' })
    expect(await failureOf(publish({ media: video ? [video.facts] : [] }))).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_processing_failed',
    })
  })

  test('what was uploaded is not sent again, and the record stays the same to the byte', async () => {
    const [photo] = added(await makeImage())
    const draft = draftFor({ text: 'once @bob.bsky.social', media: photo ? [photo.facts] : [] })
    const prepared = await prepare(draft)
    const before = bluesky.files.bytesRead
    const { connector, call } = bluesky
    const options = prepared ? { prepared } : {}
    expect(await prepareOnce(connector, draft, alice.access, call, options)).toEqual(prepared)
    expect(bluesky.files.bytesRead).toBe(before)
    const first = await connector.commit(draft, alice.access, call, prepared)
    expect(await connector.commit(draft, alice.access, call, prepared)).toEqual(first)
  })

  test('a lost answer is found', async () => {
    const [photo] = added(await makeImage())
    const draft = draftFor({ media: photo ? [photo.facts] : [] })
    const prepared = await prepare(draft)
    await bluesky.fault({ step: 'publish', fault: 'drop_after_accept' })
    const { connector, call } = bluesky
    await failureOf(connector.commit(draft, alice.access, call, prepared))
    const attempt = attemptOf(draft, prepared ? { prepared } : {})
    expect(await connector.confirm?.(attempt, alice.access, call)).toMatchObject({
      outcome: 'found',
    })
  })
})

describe('link cards', () => {
  test('title, description and picture come from the page', async () => {
    const picture = await makeImage({ width: 200, height: 100 })
    const { readFile } = await import('node:fs/promises')
    const bytes = await readFile(picture.path)
    const page = `<html><head><title>Plain</title><meta property="og:title" content="Caf&eacute; &amp; Co">
      <meta property="og:description" content="What we do"><meta property="og:image" content="/p.jpg"></head>`
    const server = createServer((req, res) => {
      if (req.url === '/p.jpg')
        return res.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes)
      if (req.url === '/old') return res.writeHead(301, { location: '/new' }).end()
      return res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { makeRegistry } = await import('../../platforms/registry.ts')
    const allowedPrivateHosts = [new URL(bluesky.url).host, `127.0.0.1:${port}`]
    const own = makeRegistry({ http: { userAgent: 'clarion-test', allowedPrivateHosts } })
    const url = `http://127.0.0.1:${port}/old`
    const content = contentOf({ text: 'read this', settings: { link_card: { url } } })
    const call = { ...bluesky.call, http: own.http }
    const { parts } = await drive(bluesky.connector, content, alice.access, call)
    expect((await recordOf(parts[0]?.platformPostId)).embed).toMatchObject({
      $type: 'app.bsky.embed.external',
      external: {
        uri: url,
        title: 'Café & Co',
        description: 'What we do',
        thumb: { $type: 'blob', mimeType: 'image/jpeg', size: bytes.length },
      },
    })
    await own.http.close()
    server.close()
  })

  test('a page that may not be asked leaves a card without a preview', async () => {
    const settings = { link_card: { url: 'https://10.0.0.1/secret' } }
    const { parts } = await publish({ text: 'see this', settings })
    expect(parts[0]?.warnings).toMatchObject([{ code: 'bluesky_card_without_preview' }])
    expect((await recordOf(parts[0]?.platformPostId)).embed).toMatchObject({
      external: { uri: 'https://10.0.0.1/secret', title: '10.0.0.1', description: '' },
    })
  })
})

describe('threads, quotes and gates', () => {
  test('each part names root and parent by their versions', async () => {
    const [photo] = added(await makeImage())
    const thread = [
      { text: 'second', media: photo ? [photo.facts] : [] },
      { text: 'third', media: [] },
    ]
    const settings = { threadgate: { allow: ['mention'] }, disable_quotes: true, langs: ['en'] }
    const content = { text: 'first', thread, firstComment: 'and one more', settings }
    const { parts } = await publish(content)
    const posts = parts.filter(({ permalink }) => permalink !== null)
    const records = await Promise.all(posts.map((part) => recordOf(part.platformPostId)))
    expect(records.map(({ text }) => text)).toEqual(['first', 'second', 'third', 'and one more'])
    const ref = (part: (typeof posts)[number] | undefined) => ({
      uri: part?.platformPostId,
      cid: part?.metadata?.cid,
    })
    expect(records.map(({ reply }) => reply)).toEqual([
      undefined,
      { root: ref(posts[0]), parent: ref(posts[0]) },
      { root: ref(posts[0]), parent: ref(posts[1]) },
      { root: ref(posts[0]), parent: ref(posts[0]) },
    ])
    const gates = parts.filter(({ permalink }) => permalink === null)
    expect(gates.map(({ platformPostId }) => platformPostId.split('/')[3])).toEqual([
      'app.bsky.feed.threadgate',
      'app.bsky.feed.postgate',
    ])
  })

  test('a quote with a picture', async () => {
    const [photo] = added(await makeImage())
    const { parts } = await publish({ text: 'quote me' })
    const quote_uri = parts[0]?.platformPostId ?? ''
    const media = photo ? [photo.facts] : []
    const { parts: quoting } = await publish({ text: 'so true', media, settings: { quote_uri } })
    expect((await recordOf(quoting[0]?.platformPostId)).embed).toMatchObject({
      $type: 'app.bsky.embed.recordWithMedia',
      record: { record: { uri: quote_uri, cid: parts[0]?.metadata?.cid } },
      media: { $type: 'app.bsky.embed.images' },
    })
  })

  test('lookup: live, then removed', async () => {
    const { parts } = await publish({ text: 'here for a moment' })
    const [post] = parts
    if (!post) throw new Error('no post')
    const { lookup, remove } = bluesky.connector
    const { permalink } = post
    expect(await lookup?.(post, alice.access, bluesky.call)).toEqual({ state: 'live', permalink })
    await remove?.(post, alice.access, bluesky.call)
    expect(await lookup?.(post, alice.access, bluesky.call)).toEqual({ state: 'removed' })
  })
})

describe('text', () => {
  test.each([
    `${'a'.repeat(276)} https://example.com/(x)`,
    '👩‍👩‍👧 (https://example.com/a_(b)?q=1#f), “#größe” – @bob.bsky.social!',
    'שלום @bob.bsky.social שלום #תג https://example.com/؟',
    'e\u0301\u0323 #cafe\u0301 @bob.bsky.social.',
    '#start @bob.bsky.social https://example.com',
  ])('the server takes %j as it is', async (text) => {
    const { parts } = await publish({ text })
    const record = await recordOf(parts[0]?.platformPostId)
    expect(record.text).toBe(text)
  })
})
