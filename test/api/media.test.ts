import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { deleteMedia, replacePostMedia } from '../../db/repositories/media-assets.ts'
import { makeGif, makeImage, makePdf, makeVideo } from '../support/media-files.ts'
import { waitUntil } from '../support/wait-until.ts'
import { connectBluesky } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { type UploadOptions, uploadFile } from './support/upload.ts'

const MAX_BYTES = 3_000_000

let api: TestApi
let alice: Client
let bob: Client

beforeAll(async () => {
  api = await startTestApi({ maxMediaBytes: MAX_BYTES })
  alice = makeClient(api.url, api.alice.key)
  bob = makeClient(api.url, api.bob.key)
})
afterAll(() => api.close())

const upload = (path: string, options?: UploadOptions) =>
  uploadFile(api.url, api.alice.key, path, options)

function staged(): string[] {
  return readdirSync(join(api.media.dir, 'staging'))
}

/** The answer may be out a moment before its file is removed. */
function nothingStaged(): Promise<boolean> {
  return waitUntil('no file is left behind', () => staged().length === 0)
}

function stored(tenantId = api.alice.tenantId): string[] {
  try {
    return readdirSync(join(api.media.dir, 'files', tenantId))
  } catch {
    return []
  }
}

async function rowsOf(sha256: string): Promise<number> {
  const sql = 'select id from media_assets where sha256 = ?'
  const rows = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, [sha256]))
  return rows.length
}

describe('an upload', () => {
  test.each([
    ['a picture', () => makeImage({ width: 320, height: 200 })],
    ['a GIF', () => makeGif(2)],
    ['a film', () => makeVideo()],
    ['a document', makePdf],
  ])('of %s is answered with its fact sheet', async (_what, make) => {
    const { path, facts } = await make()
    const { status, headers, json } = await upload(path, { fileName: 'Datei ä.bin' })
    expect([status, json]).toMatchObject([201, { status: 'ready', kind: facts.kind }])
    expect(headers.get('location')).toBe(`/v1/media/${json.id}`)
    expect(json).toMatchObject({
      ...{ mime_type: facts.mimeType, bytes: facts.bytes, sha256: facts.sha256 },
      ...{ width: facts.width ?? null, duration_ms: facts.durationMs ?? null },
      ...{ frame_rate: facts.frameRate ?? null, frames: facts.frames ?? null },
      ...{ pages: facts.pages ?? null, video_codec: facts.videoCodec ?? null },
      ...{ file_name: 'Datei ä.bin', source_url: null, created_by: api.alice.userId },
    })
    const read = await alice.get(`/v1/media/${json.id}`)
    expect(read.json).toMatchObject({ id: json.id, audio_codec: facts.audioCodec ?? null })
    expect(await fetchBytes(String(read.json.url))).toEqual(readFileSync(path))
    await nothingStaged()
  })

  test('of the same bytes again answers the file of before', async () => {
    const { path, facts } = await makeImage({ width: 31, height: 31 })
    const first = await upload(path, { fileName: 'one.jpg' })
    const again = await upload(path, { fileName: 'two.jpg' })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.json).toMatchObject({ id: first.json.id, file_name: 'one.jpg' })
    expect(await rowsOf(facts.sha256)).toBe(1)
  })

  test('of the same bytes many times at once makes one row and one file', async () => {
    const { path, facts } = await makeVideo({ bytes: 1_000_000 })
    const before = stored().length
    const all = await Promise.all(Array.from({ length: 8 }, () => upload(path)))
    expect(all.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201])
    expect(new Set(all.map(({ json }) => json.id)).size).toBe(1)
    expect([await rowsOf(facts.sha256), stored().length - before]).toEqual([1, 1])
    await nothingStaged()
  })

  test('is repeated by its key, and is its bytes: another file under the key is refused', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const [one, other] = [await makeImage({ width: 11 }), await makeImage({ width: 12 })]
    const first = await upload(one.path, { headers })
    const again = await upload(one.path, { headers })
    expect([again.status, again.json]).toEqual([201, first.json])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const wrong = await upload(other.path, { headers })
    expect([wrong.status, wrong.json.code]).toEqual([422, 'idempotency_key_reused'])
    expect(await rowsOf(other.facts.sha256)).toBe(0)
    await nothingStaged()
  })

  test('that is damaged or of another kind is refused in words and leaves nothing', async () => {
    const { path } = await makeImage({ width: 900 })
    const cut = join(api.media.dir, 'cut.jpg')
    writeFileSync(cut, readFileSync(path).subarray(0, 5_000))
    const broken = await upload(cut, { fileName: 'summer.jpg' })
    expect([broken.status, broken.json]).toMatchObject([
      422,
      { code: 'media_broken', detail: expect.stringContaining('“summer.jpg” is damaged') },
    ])
    writeFileSync(cut, 'MZ and so on')
    const program = await upload(cut, { fileName: 'setup.exe' })
    expect([program.status, program.json]).toMatchObject([
      422,
      { code: 'media_unsupported', errors: [{ path: 'file' }] },
    ])
    await nothingStaged()
  })

  test('larger than is taken is refused, whether the client tells its length or not', async () => {
    const { path } = await makeVideo({ bytes: MAX_BYTES + 500_000 })
    const told = await upload(path)
    expect([told.status, told.json.code]).toEqual([413, 'media_too_large'])
    const untold = await rawUpload(formOf(readFileSync(path)))
    expect(untold).toMatchObject([413, { code: 'media_too_large' }])
    await nothingStaged()
  })

  test.each([
    ['no file', '--b\r\ncontent-disposition: form-data; name="file_name"\r\n\r\nx\r\n--b--\r\n'],
    [
      'another field',
      '--b\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\nx\r\n--b--\r\n',
    ],
    ['no end', '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx'],
    ['nothing', ''],
  ])('with %s is malformed', async (_what, text) => {
    const reply = await rawUpload(Buffer.from(text))
    expect(reply).toMatchObject([400, { code: 'malformed_upload' }])
    await nothingStaged()
  })

  test('with two files, or fields that there are not, is refused', async () => {
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
    const two = await rawUpload(Buffer.from(`${part}${part}--b--\r\n`))
    expect(two).toMatchObject([400, { code: 'malformed_upload' }])
    const { path } = await makeImage({ width: 13 })
    const field = await upload(path, { fields: { caption: 'x' } })
    expect(field.json.errors).toMatchObject([{ path: 'caption', code: 'unknown_field' }])
    const both = await upload(path, { fields: { url: 'https://a.example/b.jpg' } })
    expect(both.json.errors).toMatchObject([{ path: 'url', code: 'given_twice' }])
    const named = await upload(path, { fields: { file_name: 'chosen.jpg' } })
    expect(named.json.file_name).toBe('chosen.jpg')
    await nothingStaged()
  })

  test('whose client goes away leaves nothing', async () => {
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    const request = openUpload()
    request.on('error', () => undefined)
    request.write(head + 'x'.repeat(200_000))
    await waitUntil('the file comes in', () => staged().length === 1)
    request.destroy()
    await nothingStaged()
    const line = '"operation":"createMedia","status":499'
    await waitUntil('the request is logged', () => api.logs().includes(line))
  })
})

describe('a file', () => {
  test('is listed newest first, by kind and by name, in pages', async () => {
    const ids: unknown[] = []
    for (const fileName of ['Berlin 1.png', 'berlin 2.png', 'Paris.png']) {
      const { path } = await makeImage({ width: 40 + ids.length, format: 'png' })
      ids.push((await upload(path, { fileName })).json.id)
    }
    const found = await alice.get('/v1/media?q=berlin&kind=image&limit=1')
    expect(found.json.data).toMatchObject([{ id: ids[1] }])
    const cursor = String(found.json.next_cursor)
    const rest = await alice.get(`/v1/media?q=berlin&kind=image&limit=1&cursor=${cursor}`)
    expect(rest.json).toMatchObject({ data: [{ id: ids[0] }], next_cursor: null })
    expect((await alice.get('/v1/media?q=berlin&kind=video')).json.data).toEqual([])
    expect((await alice.get('/v1/media?cursor=x')).json.code).toBe('invalid_cursor')
  })

  test('is its tenant’s alone, and so are its bytes', async () => {
    const { path, facts } = await makeImage({ width: 51 })
    const { json } = await upload(path)
    expect((await bob.get(`/v1/media/${json.id}`)).status).toBe(404)
    expect((await bob.delete(`/v1/media/${json.id}`)).status).toBe(404)
    expect((await bob.get('/v1/media')).json.data).toEqual([])
    const his = await uploadFile(api.url, api.bob.key, path)
    expect([his.status, his.json.sha256]).toEqual([201, facts.sha256])
    expect((await bob.delete(`/v1/media/${his.json.id}`)).status).toBe(204)
    expect(stored(api.bob.tenantId)).toEqual([])
    expect(await fetchBytes(String(json.url))).toEqual(readFileSync(path))
    // An address with his tenant in place of hers is no address.
    const forged = String(json.url).replace(api.alice.tenantId, api.bob.tenantId)
    expect((await fetch(forged)).status).toBe(403)
  })

  test('needs its scopes', async () => {
    const reader = await api.makeKey(api.alice, ['media:read'])
    const { path } = await makeImage({ width: 61 })
    const refused = await uploadFile(api.url, reader, path)
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient_scope'])
    expect((await alice.get('/v1/media', { key: reader })).status).toBe(200)
    await nothingStaged()
  })
})

describe('deleting', () => {
  test('takes the row and the bytes', async () => {
    const { path, facts } = await makeImage({ width: 71 })
    const { json } = await upload(path)
    expect(stored()).toContain(facts.sha256)
    expect((await alice.delete(`/v1/media/${json.id}`)).status).toBe(204)
    expect((await alice.delete(`/v1/media/${json.id}`)).status).toBe(404)
    expect(stored()).not.toContain(facts.sha256)
    expect((await fetch(String(json.url))).status).toBe(404)
    expect((await upload(path)).status).toBe(201)
  })

  test('is refused while a post uses it, in whatever place, and until the post is deleted', async () => {
    const { path, facts } = await makeImage({ width: 72 })
    const mediaId = String((await upload(path)).json.id)
    const { tenantId } = api.alice
    const target = { connection_id: await connectBluesky(api, alice) }
    const post = await alice.post('/v1/posts', { content: 'x', targets: [target] })
    const postId = String(post.json.id)
    const targetId = String(JSON.parse(post.text).targets[0].id)
    const use = { mediaId, position: 0, altText: null }
    for (const place of [
      { targetId: null, place: 'media' },
      { targetId: null, place: 'thread.2' },
      { targetId, place: 'settings.thumbnail_media_id' },
    ]) {
      const uses = [{ ...use, ...place }]
      await api.db.withTenant(tenantId, (em) => replacePostMedia(em, { tenantId, postId }, uses))
      const refused = await alice.delete(`/v1/media/${mediaId}`)
      expect([refused.status, refused.json]).toMatchObject([
        409,
        { code: 'media_in_use', detail: expect.stringContaining(postId) },
      ])
    }
    // As DELETE of the post leaves it, which needs a running Temporal.
    const remove = 'update posts set deleted_at = now() where id = ?'
    await api.db.withTenant(tenantId, (em) => em.execute(remove, [postId]))
    expect((await alice.delete(`/v1/media/${mediaId}`)).status).toBe(204)
    expect(stored()).not.toContain(facts.sha256)
  })

  test('never takes the bytes of an upload that comes at the same time', async () => {
    const { path } = await makeImage({ width: 73 })
    let id = String((await upload(path)).json.id)
    for (let round = 0; round < 10; round++) {
      const [, again] = await Promise.all([alice.delete(`/v1/media/${id}`), upload(path)])
      const current = again.status === 201 ? again : await upload(path)
      id = String(current.json.id)
      expect(await fetchBytes(String(current.json.url))).toEqual(readFileSync(path))
    }
  })

  test('and crashing before the bytes are gone leaves bytes that an upload takes over', async () => {
    const { path, facts } = await makeImage({ width: 74 })
    const { json } = await upload(path)
    // As a process leaves it that dies between both steps.
    const { tenantId } = api.alice
    await api.db.withTenant(tenantId, (em) => deleteMedia(em, String(json.id)))
    expect(stored()).toContain(facts.sha256)
    const again = await upload(path)
    expect(again.status).toBe(201)
    expect(await fetchBytes(String(again.json.url))).toEqual(readFileSync(path))
  })
})

async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

function formOf(bytes: Buffer): Buffer {
  const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')])
}

function openUpload() {
  return httpRequest(`${api.url}/v1/media`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.alice.key}`,
      'content-type': 'multipart/form-data; boundary=b',
      'transfer-encoding': 'chunked',
    },
  })
}

/** A form byte by byte, without a length. */
function rawUpload(form: Buffer): Promise<[status: number, body: unknown]> {
  return new Promise((resolve, reject) => {
    const request = openUpload()
    request.once('error', reject)
    request.once('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve([response.statusCode ?? 0, JSON.parse(String(Buffer.concat(chunks)))])
    })
    request.end(form)
  })
}
