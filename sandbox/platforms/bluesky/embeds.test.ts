import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { makeImage } from '../../../test/support/media-files.ts'
import { login, POST, post, procedure, put, type Session } from '../../testing/bluesky-login.ts'
import { call, pick, withSandbox } from '../../testing/http.ts'

const KEYS = ['3lztksnhlfs2k', '3lztksnhlfs2l', '3lztksnhlfs2m'] as const

async function blobOf(url: string, session: Session, body: Uint8Array<ArrayBuffer>, type: string) {
  const reply = await call(`${url}/xrpc/com.atproto.repo.uploadBlob`, {
    bearer: session.access,
    body,
    headers: { 'content-type': type },
  })
  return { status: reply.status, blob: Object(reply.body).blob, error: Object(reply.body).error }
}

async function imageBlob(url: string, session: Session, type = 'image/jpeg') {
  const { path, facts } = await makeImage({ width: 40, height: 30 })
  return { ...(await blobOf(url, session, new Uint8Array(await readFile(path)), type)), facts }
}

const images = (...list: unknown[]) => ({
  embed: {
    $type: 'app.bsky.embed.images',
    images: list.map((image) => ({ image, alt: 'x', aspectRatio: { width: 4, height: 3 } })),
  },
})

describe('blobs', () => {
  test('have the type that their bytes show, and a limit of 5 MiB', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const { blob, facts } = await imageBlob(sandbox.url, session, 'image/png')
      expect(blob).toMatchObject({ mimeType: 'image/jpeg', size: facts.bytes })
      const whole = new Uint8Array(5 * 1024 * 1024)
      expect((await blobOf(sandbox.url, session, whole, 'image/png')).status).toBe(200)
      const over = new Uint8Array(whole.length + 1)
      const refused = await blobOf(sandbox.url, session, over, 'image/png')
      expect([refused.status, refused.error]).toEqual([413, 'PayloadTooLarge'])
      const text = await blobOf(sandbox.url, session, new Uint8Array([87, 69, 66]), 'text/vtt')
      expect(text.blob).toMatchObject({ mimeType: 'text/vtt', size: 3 })
    }))

  test('must fit the place where a record puts them', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const error = async (embed: Record<string, unknown>) =>
        Object((await put(url, session, KEYS[0], post('a', embed))).body).error
      const large = await blobOf(url, session, new Uint8Array(2_000_001), 'image/png')
      expect(await error(images(large.blob))).toBe('BlobTooLarge')
      const text = await blobOf(url, session, new Uint8Array([1]), 'text/plain')
      expect(await error(images(text.blob))).toBe('InvalidMimeType')
      const { blob } = await imageBlob(url, session)
      expect(await error(images({ ...blob, mimeType: 'image/png' }))).toBe('InvalidMimeType')
      expect(await error(images({ ...blob, size: 1 }))).toBe('InvalidSize')
      expect(await error(images(...Array(5).fill(blob)))).toBe('InvalidRequest')
      const bob = await login(sandbox, 'bob.bsky.social')
      expect(Object((await put(url, bob, KEYS[0], post('a', images(blob)))).body).error).toBe(
        'BlobNotFound',
      )
    }))
})

describe('embeds', () => {
  test('images are shown in their order, the picture of a card is none', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const [one, two] = [await imageBlob(url, session), await imageBlob(url, session)]
      await put(url, session, KEYS[0], post('a', images(two.blob, one.blob)))
      const external = { uri: 'https://example.com', title: '', description: '', thumb: one.blob }
      const card = { embed: { $type: 'app.bsky.embed.external', external } }
      await put(url, session, KEYS[1], post('b', card))
      const record = { $type: 'app.bsky.embed.record', record: strongRef(session) }
      const both = {
        $type: 'app.bsky.embed.recordWithMedia',
        record,
        media: images(one.blob).embed,
      }
      expect((await put(url, session, KEYS[2], post('c', { embed: both }))).status).toBe(200)
      const truth = await call(`${url}/_sandbox/posts?platform=bluesky`)
      const media = [[two.facts.sha256, one.facts.sha256], [], [one.facts.sha256]]
      expect(truth.body).toMatchObject({ data: media.map((list) => ({ media: list })) })
    }))

  test('a link that is shown short counts as the whole address', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const uri = 'https://example.com/a/long/way'
      const facet = (byteStart: number, byteEnd: number) => ({
        index: { byteStart, byteEnd },
        features: [{ $type: 'app.bsky.richtext.facet#link', uri }],
      })
      const text = 'é example.com/a… and word'
      await put(
        sandbox.url,
        session,
        KEYS[0],
        post(text, { facets: [facet(3, 19), facet(24, 28)] }),
      )
      const truth = await call(`${sandbox.url}/_sandbox/posts?platform=bluesky`)
      expect(truth.body).toMatchObject({ data: [{ text: `é ${uri} and word` }] })
    }))
})

function strongRef({ did }: Session) {
  const cid = 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua'
  return { uri: `at://${did}/${POST}/${KEYS[0]}`, cid }
}

describe('threads and gates', () => {
  test('getPosts shows what is there and counts replies', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const root = (await put(url, session, KEYS[0], post('root'))).body
      const ref = { uri: pick(root, 'uri'), cid: pick(root, 'cid') }
      await put(url, session, KEYS[1], post('reply', { reply: { root: ref, parent: ref } }))
      const gone = `at://${session.did}/${POST}/${KEYS[2]}`
      const path = `${url}/xrpc/app.bsky.feed.getPosts?uris=${ref.uri}&uris=${gone}`
      for (const bearer of [undefined, session.access]) {
        const { body } = await call(path, { bearer })
        expect(body).toMatchObject({ posts: [{ ...ref, record: { text: 'root' }, replyCount: 1 }] })
      }
    }))

  test('a gate has the key of its post; applyWrites writes both or nothing', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { did, access } = await login(sandbox)
      const create = (collection: string, rkey: string, value: unknown) => ({
        $type: 'com.atproto.repo.applyWrites#create',
        collection,
        rkey,
        value,
      })
      const gate = {
        $type: 'app.bsky.feed.threadgate',
        post: `at://${did}/${POST}/${KEYS[0]}`,
        allow: [],
        createdAt: '2026-12-01T09:00:00.000Z',
      }
      const write = (rkey: string) => ({
        repo: did,
        writes: [
          create(POST, KEYS[0], post('gated')),
          create('app.bsky.feed.threadgate', rkey, gate),
        ],
      })
      const apply = (input: unknown) =>
        procedure(url, 'com.atproto.repo.applyWrites', input, access)
      expect((await apply(write(KEYS[1]))).status).toBe(400)
      const none = await call(`${url}/_sandbox/posts?platform=bluesky`)
      expect(none.body).toMatchObject({ data: { length: 0 } })
      const made = await apply(write(KEYS[0]))
      expect(made.body).toMatchObject({
        commit: { rev: expect.any(String) },
        results: [{ uri: gate.post, validationStatus: 'valid' }, { cid: expect.any(String) }],
      })
      expect((await apply(write(KEYS[0]))).status).toBe(500)
    }))
})
