import { appendFile, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { contentOf, described, draftOf, prepareOnce } from '../connectors/drive.ts'
import { failureOf } from '../connectors/harness.ts'
import { type MediaFile, makeGif, makeImage, makeVideo } from '../support/media-files.ts'
import {
  type Bench,
  blobAt,
  commitPart,
  publish,
  published,
  recordAt,
  startBench,
  textCount,
  textDraft,
} from './bluesky-bench.ts'
import { installPds } from './start-pds.ts'

const installed = await installPds()
const describePeer = installed === undefined ? describe.skip : describe

let bench: Bench

function added(...files: MediaFile[]): MediaFile[] {
  bench.files.add(...files)
  return files
}

/** The post of a publish that has gone through its whole preparation, unchecked by validate. */
async function forced(file: MediaFile) {
  const draft = { ...textDraft('too much'), media: [file.facts] }
  const { connector, access, call } = bench
  return commitPart(bench, draft, await prepareOnce(connector, draft, access, call))
}

/** Bytes after its end do not disturb a JPEG. */
async function padded({ path, facts }: MediaFile, bytes: number): Promise<MediaFile> {
  await appendFile(path, Buffer.alloc(bytes))
  return { path, facts: { ...facts, bytes: facts.bytes + bytes } }
}

const refOf = (post: { platformPostId: string; metadata?: Readonly<Record<string, string>> }) => ({
  uri: post.platformPostId,
  cid: post.metadata?.cid,
})

describePeer('every kind, on a real Bluesky PDS', () => {
  beforeAll(async () => {
    bench = await startBench(installed ?? '')
  }, 60_000)
  afterAll(() => bench?.close())

  test('text with links, mentions and tags, and what the author says of it', async () => {
    const text = '👩‍👩‍👧 Grüße @bob.test @nobody.test: (https://example.com/ü) #größe 日本語'
    const settings = { langs: ['de'], labels: ['nudity'], tags: ['extra'] }
    const { record } = await published(bench, { text, settings })
    const at = (part: string) => {
      const byteStart = Buffer.byteLength(text.slice(0, text.indexOf(part)))
      return { byteStart, byteEnd: byteStart + Buffer.byteLength(part) }
    }
    const feature = (name: string, rest: object) => [
      { $type: `app.bsky.richtext.facet#${name}`, ...rest },
    ]
    expect(record).toMatchObject({ text, langs: ['de'], tags: ['extra'] })
    expect(record.labels).toMatchObject({ values: [{ val: 'nudity' }] })
    expect(record.facets).toEqual([
      { index: at('@bob.test'), features: feature('mention', { did: bench.bob.did }) },
      {
        index: at('https://example.com/ü'),
        features: feature('link', { uri: 'https://example.com/ü' }),
      },
      { index: at('#größe'), features: feature('tag', { tag: 'größe' }) },
    ])
  })

  test('a link card with title, description and picture of the page', async () => {
    const { page } = bench
    const settings = { link_card: { url: page.url } }
    const { embed } = await published(bench, { text: 'read this', settings })
    const { thumb, ...card } = embed.external
    expect(card).toEqual({ uri: page.url, title: 'Café & Co', description: 'What we do' })
    expect(await blobAt(bench, thumb)).toEqual(await readFile(page.picture.path))
  })

  test.each([1, 2, 3, 4])('pictures, %i of them, in order', async (count) => {
    const formats = ['jpeg', 'png', 'webp', 'jpeg'] as const
    const wanted = formats.slice(0, count)
    const files = added(
      ...(await Promise.all(
        wanted.map((format, index) => makeImage({ format, width: 300 + index, height: 200 })),
      )),
    )
    const media = files.map(({ facts }, index) => described(facts, `Picture ${index} “&” 👩‍👩‍👧`))
    const { embed, post } = await published(bench, { text: `${count} pictures`, media })
    expect(post.warnings).toBeUndefined()
    expect(embed.$type).toBe('app.bsky.embed.images')
    const stored = embed.images.map(({ alt, aspectRatio }: Record<string, unknown>) => ({
      alt,
      aspectRatio,
    }))
    expect(stored).toEqual(
      files.map((_file, index) => ({
        alt: `Picture ${index} “&” 👩‍👩‍👧`,
        aspectRatio: { width: 300 + index, height: 200 },
      })),
    )
    for (const [index, { path, facts }] of files.entries()) {
      const { image } = embed.images[index]
      expect(image).toMatchObject({ mimeType: facts.mimeType, size: facts.bytes })
      expect(await blobAt(bench, image)).toEqual(await readFile(path))
    }
  })

  test('a GIF as a still picture, and that is said', async () => {
    const [gif] = added(await makeGif())
    const { embed, post } = await published(bench, { media: gif ? [gif.facts] : [] })
    expect(post.warnings).toMatchObject([{ code: 'bluesky_gif_stands_still' }])
    expect(embed.images[0].image).toMatchObject({ mimeType: 'image/gif', size: gif?.facts.bytes })
  })

  test('a video, which a server without the video service keeps itself', async () => {
    const [video] = added(await makeVideo({ bytes: 3_000_000 }))
    if (!video) throw new Error('no video')
    const { embed } = await published(bench, { media: [described(video.facts, 'A film')] })
    expect(embed).toMatchObject({
      $type: 'app.bsky.embed.video',
      alt: 'A film',
      aspectRatio: { width: 1080, height: 1920 },
      video: { mimeType: 'video/mp4', size: video.facts.bytes },
    })
    expect(await blobAt(bench, embed.video)).toEqual(await readFile(video.path))
  })

  test.each<[string, () => Promise<MediaFile>]>([
    ['file of any kind', () => makeVideo({ bytes: 6_000_000 })],
    ['picture', async () => padded(await makeImage(), 2_000_000)],
  ])('a %s larger than the server takes is refused in words', async (_what, make) => {
    const [file] = added(await make())
    if (!file) throw new Error('no file')
    expect(await failureOf(forced(file))).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_too_large',
      message: expect.stringMatching(/^A file is larger than this Bluesky server takes/),
    })
    expect(await textCount(bench, 'too much')).toBe(0)
  })

  test('quotes: by uri, by address, with a picture; one that is gone is refused', async () => {
    const [quoted] = await publish(bench, { text: 'quote me' })
    if (!quoted) throw new Error('nothing to quote')
    const rkey = quoted.platformPostId.split('/').at(-1)
    const ref = refOf(quoted)
    for (const quote_uri of [
      quoted.platformPostId,
      `https://bsky.app/profile/alice.test/post/${rkey}`,
      `https://bsky.app/profile/${bench.access.accountId}/post/${rkey}`,
    ]) {
      const { embed } = await published(bench, { text: 'so true', settings: { quote_uri } })
      expect(embed).toEqual({ $type: 'app.bsky.embed.record', record: ref })
    }
    const [photo] = added(await makeImage())
    const settings = { quote_uri: quoted.platformPostId }
    const media = photo ? [photo.facts] : []
    const { embed } = await published(bench, { text: 'look', media, settings })
    expect(embed).toMatchObject({ record: { record: ref }, media: { images: [{}] } })
    await bench.connector.remove?.(quoted, bench.access, bench.call)
    for (const uri of [quoted.platformPostId, `at://did:plc:nobody/app.bsky.feed.post/${rkey}`]) {
      const refused = publish(bench, { text: 'gone', settings: { quote_uri: uri } })
      expect(await failureOf(refused)).toMatchObject({ code: 'bluesky_quote_not_found' })
    }
  })

  test('a thread of four with gates and a first comment, removed part by part', async () => {
    const [photo] = added(await makeImage())
    const thread = [
      { text: 'two @bob.test', media: photo ? [photo.facts] : [] },
      { text: 'three', media: [] },
      { text: 'four', media: [] },
    ]
    const settings = { threadgate: { allow: ['mention', 'following'] }, disable_quotes: true }
    const content = { text: 'one', thread, firstComment: 'P.S. #late', settings }
    const parts = await publish(bench, content)
    const records = await Promise.all(parts.map((part) => recordAt(bench, part.platformPostId)))
    const [post, threadgate, postgate, ...answers] = parts
    if (!post || !threadgate || !postgate) throw new Error('parts are missing')
    const root = refOf(post)
    expect(records.slice(0, 3)).toMatchObject([
      { text: 'one' },
      {
        post: root.uri,
        allow: [
          { $type: 'app.bsky.feed.threadgate#mentionRule' },
          { $type: 'app.bsky.feed.threadgate#followingRule' },
        ],
      },
      { post: root.uri, embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }] },
    ])
    const [second, third, fourth] = answers.map(refOf)
    expect(records.slice(3)).toMatchObject([
      { text: 'two @bob.test', reply: { root, parent: root }, embed: { images: [{}] } },
      { text: 'three', reply: { root, parent: second } },
      { text: 'four', reply: { root, parent: third } },
      { text: 'P.S. #late', reply: { root, parent: root }, facets: [{}] },
    ])
    expect(fourth?.cid).toMatch(/^bafy/)
    await removeAll(parts)
  })

  test('a part that a person found is answered by the version that the server names', async () => {
    const { connector, access, call } = bench
    const [post] = await publish(bench, { text: 'found by a person' })
    if (!post) throw new Error('nothing was published')
    const part = { role: 'reply' as const, ...contentOf({ text: 'and so on' }) }
    const draft = draftOf(part, [{ platformPostId: post.platformPostId }])
    const prepared = await prepareOnce(connector, draft, access, call)
    const { platformPostId } = await commitPart(bench, draft, prepared)
    const record = await recordAt(bench, platformPostId)
    expect(record?.reply).toEqual({ root: refOf(post), parent: refOf(post) })
    await connector.remove?.(post, access, call)
    const failure = await failureOf(prepareOnce(connector, draft, access, call))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'bluesky_parent_not_found' })
  })
})

/** Last part first, as nobody should see the rest of a thread; gates go with the others. */
async function removeAll(parts: Awaited<ReturnType<typeof publish>>): Promise<void> {
  const { connector, access, call } = bench
  for (const part of parts.toReversed()) {
    const look = () => connector.lookup?.(part, access, call)
    expect(await look()).toEqual({ state: 'live', permalink: part.permalink })
    await connector.remove?.(part, access, call)
    expect(await look()).toEqual({ state: 'removed' })
    expect(await recordAt(bench, part.platformPostId)).toBeUndefined()
  }
}
