import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { makeImage, makePdf, makeVideo } from '../../../test/support/media-files.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { type Publisher, postOf, publish, publisher, rest } from '../../testing/linkedin-posts.ts'

const PART_BYTES = 4_194_304
const VIDEO = { width: 320, height: 240, durationMs: 4000 }

type Kind = 'image' | 'document'

async function bytesOf(path: string) {
  return new Uint8Array(await readFile(path))
}

function initialize(who: Publisher, kind: string, asked: object) {
  const json = { initializeUploadRequest: { owner: who.person, ...asked } }
  return rest(who, `/${kind}s?action=initializeUpload`, { json })
}

function putTo(address: string, body: Uint8Array<ArrayBuffer>, bearer?: string) {
  const headers = { 'content-type': 'application/octet-stream' }
  return call(address, { method: 'PUT', body, bearer, headers })
}

/** An image or a document, uploaded. */
async function uploaded(who: Publisher, kind: Kind, path: string, owner = who.person) {
  const { body } = await initialize(who, kind, { owner })
  const put = await putTo(pick(body, 'value', 'uploadUrl'), await bytesOf(path), who.access)
  expect(put.status).toBe(201)
  return pick(body, 'value', kind)
}

async function statusOf(who: Publisher, kind: string, urn: string) {
  const { status, body } = await rest(who, `/${kind}s/${encodeURIComponent(urn)}`)
  return status === 200 ? pick(body, 'status') : status
}

async function fault(url: string, kind: string) {
  const json = { platform: 'linkedin', step: 'status', fault: kind, times: 1 }
  await call(`${url}/_sandbox/faults`, { json })
}

interface Part {
  uploadUrl: string
  firstByte: number
  lastByte: number
}

async function beginVideo(who: Publisher, bytes: number) {
  const { body } = await initialize(who, 'video', {
    fileSizeBytes: bytes,
    uploadCaptions: false,
    uploadThumbnail: false,
  })
  const parts: Part[] = Object(body).value.uploadInstructions
  return { urn: pick(body, 'value', 'video'), parts }
}

function finalize(who: Publisher, video: string, uploadedPartIds: string[]) {
  const json = { finalizeUploadRequest: { video, uploadToken: '', uploadedPartIds } }
  return rest(who, '/videos?action=finalizeUpload', { json })
}

async function uploadedVideo(who: Publisher, path: string) {
  const bytes = await bytesOf(path)
  const { urn, parts } = await beginVideo(who, bytes.length)
  const etags: string[] = []
  for (const { uploadUrl, firstByte, lastByte } of parts) {
    const put = await putTo(uploadUrl, bytes.slice(firstByte, lastByte + 1))
    etags.push(put.headers.get('etag') ?? '')
  }
  return { urn, parts, etags, end: await finalize(who, urn, etags) }
}

describe('images and documents', () => {
  test('are shown in the order of the post; organizations may ask after them', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const files = [await makeImage({ width: 80 }), await makeImage({ width: 90 })]
      const urns: string[] = []
      for (const { path } of files) {
        urns.push(await uploaded(who, 'image', path, who.organization))
      }
      expect(urns[0]).toMatch(/^urn:li:image:/)
      await fault(url, 'processing')
      expect(await statusOf(who, 'image', urns[0] ?? '')).toBe('PROCESSING')
      expect(await statusOf(who, 'image', urns[0] ?? '')).toBe('AVAILABLE')
      const images = urns.toReversed().map((id) => ({ id, altText: 'A square' }))
      const content = { multiImage: { images } }
      const urn = await publish(who, postOf(who.organization, 'Look', { content }))
      expect(urn).toMatch(/^urn:li:ugcPost:/)
      const truth = await call(`${url}/_sandbox/posts?platform=linkedin`)
      const media = files.toReversed().map(({ facts }) => facts.sha256)
      expect(truth.body).toMatchObject({ data: [{ media }] })
    }))

  test('of a member are taken unasked, and are their owner’s', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const id = await uploaded(who, 'image', (await makeImage()).path)
      expect(await statusOf(who, 'image', id)).toBe(403)
      const content = { media: { id, altText: 'A square' } }
      const foreign = postOf(who.organization, 'a', { content })
      expect((await rest(who, '/posts', { json: foreign })).status).toBe(400)
      await publish(who, postOf(who.person, 'a', { content }))
      const pdf = await uploaded(who, 'document', makePdf().path)
      const untitled = postOf(who.person, 'b', { content: { media: { id: pdf } } })
      expect(pick((await rest(who, '/posts', { json: untitled })).body, 'code')).toBe(
        'MISSING_FIELD',
      )
      await publish(who, postOf(who.person, 'b', { content: { media: { id: pdf, title: 'T' } } }))
    }))

  test('that cannot be processed cannot be posted', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const wrong = await uploaded(who, 'image', makePdf().path)
      const waiting = pick((await initialize(who, 'image', {})).body, 'value', 'image')
      for (const [id, code] of [
        [wrong, 'MEDIA_ASSET_PROCESSING_FAILED'],
        [waiting, 'MEDIA_ASSET_WAITING_UPLOAD'],
      ]) {
        const json = postOf(who.person, 'a', { content: { media: { id } } })
        expect(pick((await rest(who, '/posts', { json })).body, 'code')).toBe(code)
      }
    }))

  test('upload addresses are secret, serve once, for a day, and images with the token', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const who = await publisher(url)
      const { body } = await initialize(who, 'image', {})
      const address = pick(body, 'value', 'uploadUrl')
      const bytes = await bytesOf((await makeImage()).path)
      const secrets = await call(`${url}/_sandbox/secrets`)
      expect(Object(secrets.body).data).toContain(address.split('/').at(-1))
      expect((await putTo(address, bytes)).status).toBe(401)
      const late = pick((await initialize(who, 'image', {})).body, 'value', 'uploadUrl')
      expect((await putTo(address, bytes, who.access)).status).toBe(201)
      expect((await putTo(address, bytes, who.access)).status).toBe(400)
      clock.advance(24 * 3_600_000)
      expect((await putTo(late, bytes, who.access)).status).toBe(403)
      expect((await putTo(`${url}/linkedin/dms-uploads/x`, bytes)).status).toBe(404)
    })
  })
})

describe('videos', () => {
  test('go up in parts of 4 MiB and are processed before they are posted', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const { path, facts } = await makeVideo({ ...VIDEO, bytes: PART_BYTES + 100_000 })
      const { urn, parts, end } = await uploadedVideo(who, path)
      expect(parts.map(({ firstByte, lastByte }) => [firstByte, lastByte])).toEqual([
        [0, PART_BYTES - 1],
        [PART_BYTES, facts.bytes - 1],
      ])
      expect(end.status).toBe(200)
      const json = postOf(who.person, 'Film', { content: { media: { id: urn, title: 'F' } } })
      expect((await rest(who, '/posts', { json })).status).toBe(400)
      expect(await statusOf(who, 'video', urn)).toBe('AVAILABLE')
      await publish(who, json)
      const truth = await call(`${url}/_sandbox/posts?platform=linkedin`)
      expect(truth.body).toMatchObject({ data: [{ media: [facts.sha256] }] })
    }))

  test('need every part, whole, by its ETag and in order', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const { path, facts } = await makeVideo({ ...VIDEO, bytes: PART_BYTES + 100_000 })
      const bytes = await bytesOf(path)
      const { urn, parts } = await beginVideo(who, facts.bytes)
      const put = async (at: number, body: Uint8Array<ArrayBuffer>) =>
        putTo(parts[at]?.uploadUrl ?? '', body)
      expect((await put(1, bytes.slice(0, 5))).status).toBe(400)
      const first = (await put(0, bytes.slice(0, PART_BYTES))).headers.get('etag') ?? ''
      expect((await finalize(who, urn, [first])).status).toBe(400)
      const second = (await put(1, bytes.slice(PART_BYTES))).headers.get('etag') ?? ''
      expect((await finalize(who, urn, [second, first])).status).toBe(400)
      expect((await finalize(who, urn, [first, second])).status).toBe(200)
      expect((await finalize(who, urn, [first, second])).status).toBe(200)
    }))

  test('are refused by size at once, and by content when processed', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      for (const fileSizeBytes of [75 * 1024 - 1, 500 * 1024 * 1024 + 1]) {
        expect((await initialize(who, 'video', { fileSizeBytes })).status).toBe(400)
      }
      const short = await makeVideo({ ...VIDEO, durationMs: 1000 })
      const { urn } = await uploadedVideo(who, short.path)
      expect(await statusOf(who, 'video', urn)).toBe('PROCESSING_FAILED')
      const good = await uploadedVideo(who, (await makeVideo(VIDEO)).path)
      await fault(url, 'refuse')
      expect(await statusOf(who, 'video', good.urn)).toBe('PROCESSING_FAILED')
      expect(await statusOf(who, 'video', good.urn)).toBe('PROCESSING_FAILED')
    }))
})
