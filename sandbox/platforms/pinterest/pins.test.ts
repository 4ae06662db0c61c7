import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { setFault, truth } from '../../testing/graph.ts'
import { call, pick, withSandbox } from '../../testing/http.ts'
import { login } from '../../testing/pinterest-login.ts'

let files: FileHost
let photo: MediaFile
let other: MediaFile
let clip: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  ;[photo, other, clip] = await Promise.all([makeImage(), makeImage(), makeVideo()])
})
afterAll(() => files.close())

/** Alice, and the first of her boards. */
async function pinner(url: string, changes: Record<string, string> = {}) {
  const { access } = await login(url, changes)
  const api = (path: string, json?: unknown, method?: string) =>
    call(`${url}/pinterest/v5${path}`, {
      bearer: access,
      ...(json === undefined ? {} : { json }),
      ...(method === undefined ? {} : { method }),
    })
  const board_id = pick((await api('/boards')).body, 'items', 0, 'id')
  return { api, board_id, bearer: access }
}

const byUrl = (file = photo) => ({ source_type: 'image_url', url: files.urlOf(file) })

const byData = async (file: MediaFile, content_type = 'image/jpeg') => ({
  source_type: 'image_base64',
  content_type,
  data: (await readFile(file.path)).toString('base64'),
})

describe('Pinterest pins', () => {
  test('an image: created, listed newest first, changed, deleted', () =>
    withSandbox({}, async ({ url }) => {
      const { api, board_id } = await pinner(url)
      const texts = { title: 'Rye', description: 'How to bake', link: 'https://example.com/rye' }
      const made = await api('/pins', { board_id, ...texts, media_source: byUrl() })
      expect(made.status).toBe(201)
      const id = pick(made.body, 'id')
      expect(made.body).toMatchObject({
        ...texts,
        board_id,
        media: { media_type: 'image' },
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      })
      expect(await truth(url, 'pinterest')).toMatchObject([
        { platform_post_id: id, text: 'How to bake', media: [photo.facts.sha256] },
      ])
      const second = await api('/pins', { board_id, media_source: await byData(other) })
      const ids = ({ body }: { body: unknown }) =>
        Object.values(Object(body).items).map((pin) => pick(pin, 'id'))
      const both = [pick(second.body, 'id'), id]
      expect(ids(await api(`/boards/${board_id}/pins?page_size=250`))).toEqual(both)
      expect(ids(await api('/pins'))).toEqual(both)
      const visit = await call(`${url}/pinterest/pin/${id}/`)
      expect(visit.headers.get('location')).toBe('/?platform=pinterest&account=alice')
      const changed = await api(`/pins/${id}`, { description: 'Better' }, 'PATCH')
      expect(changed.body).toMatchObject({ title: 'Rye', description: 'Better' })
      expect((await api(`/pins/${id}`, undefined, 'DELETE')).status).toBe(204)
      const gone = await api(`/pins/${id}`, undefined, 'DELETE')
      expect([gone.status, gone.body]).toEqual([404, { code: 50, message: 'Pin not found.' }])
      expect((await api(`/pins/${id}`)).status).toBe(404)
      expect(await truth(url, 'pinterest')).toMatchObject([{ media: [other.facts.sha256] }])
    }))

  test('several images of one shape, two to five', () =>
    withSandbox({}, async ({ url }) => {
      const { api, board_id } = await pinner(url)
      const items = [{ url: files.urlOf(photo) }, { url: files.urlOf(other) }]
      const pin = (items: unknown[]) =>
        api('/pins', { board_id, media_source: { source_type: 'multiple_image_urls', items } })
      expect((await pin(items)).body).toMatchObject({ media: { media_type: 'multiple_images' } })
      expect(await truth(url, 'pinterest')).toMatchObject([
        { media: [photo.facts.sha256, other.facts.sha256] },
      ])
      expect(pick((await pin([...items, ...items, ...items])).body, 'message')).toContain(
        'constraint: maxItems=5',
      )
      expect((await pin(items.slice(1))).status).toBe(400)
      const wide = await makeImage({ width: 1080, height: 600 })
      expect((await pin([...items, { url: files.urlOf(wide) }])).status).toBe(400)
      expect(await truth(url, 'pinterest')).toHaveLength(1)
    }))

  test.each([
    ['no board', { board_id: undefined }, 400, 1, 'board_id'],
    ['a board by name', { board_id: 'Recipes' }, 400, 1, "does not match '^\\d+$'"],
    ['an unknown board', { board_id: '12345' }, 404, 40, 'Board not found.'],
    ['a long title', { title: 'x'.repeat(101) }, 400, 1, 'maxLength=100'],
    ['a long description', { description: 'x'.repeat(801) }, 400, 1, 'maxLength=800'],
    ['a broken link', { link: 'nowhere' }, 400, 1, 'entered an invalid URL'],
    ['no source', { media_source: {} }, 400, 1, 'source_type'],
    [
      'a dead address',
      { media_source: { source_type: 'image_url', url: 'http://127.0.0.1:1/' } },
      400,
      1,
      'Unable to reach the URL',
    ],
  ])('%s is refused', (_what, changes, status, code, words) =>
    withSandbox({}, async ({ url }) => {
      const { api, board_id } = await pinner(url)
      const refused = await api('/pins', { board_id, media_source: byUrl(), ...changes })
      expect([refused.status, Object(refused.body).code]).toEqual([status, code])
      expect(pick(refused.body, 'message')).toContain(words)
      expect(await truth(url, 'pinterest')).toEqual([])
    }),
  )

  test('foreign boards and pins, and missing scopes', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await pinner(url)
      const bob = await pinner(url, { sandbox_account: 'bob' })
      const pin = { board_id: alice.board_id, media_source: byUrl() }
      const foreign = await bob.api('/pins', pin)
      expect([foreign.status, Object(foreign.body).code]).toEqual([403, 7])
      const id = pick((await alice.api('/pins', pin)).body, 'id')
      expect((await bob.api(`/pins/${id}`)).status).toBe(404)
      const weak = await pinner(url, { scope: 'boards:read,pins:read' })
      const refused = await weak.api('/pins', pin)
      expect([refused.status, Object(refused.body).code]).toEqual([403, 3])
    }))

  test('bytes have to be what they say', () =>
    withSandbox({}, async ({ url }) => {
      const { api, board_id } = await pinner(url)
      const send = async (media_source: unknown) =>
        (await api('/pins', { board_id, media_source })).status
      expect(await send(await byData(photo, 'image/png'))).toBe(400)
      expect(await send(await byData(photo, 'image/webp'))).toBe(400)
      expect(await send(await byData(photo))).toBe(201)
    }))

  test('a lost answer leaves the pin in the list', () =>
    withSandbox({}, async ({ url }) => {
      const { api, board_id } = await pinner(url)
      await setFault(url, 'pinterest', 'publish', 'drop_after_accept')
      const pin = { board_id, title: 'Lost', media_source: byUrl() }
      await expect(api('/pins', pin)).rejects.toThrow()
      expect((await api(`/boards/${board_id}/pins`)).body).toMatchObject({
        items: [{ title: 'Lost' }],
      })
    }))
})

describe('Pinterest videos', () => {
  const upload = async (made: unknown, change: Record<string, string> = {}) => {
    const form = new FormData()
    const parameters = { ...Object(made).upload_parameters, ...change }
    for (const [name, value] of Object.entries(parameters)) form.set(name, String(value))
    form.set('file', new Blob([Uint8Array.from(await readFile(clip.path))]), 'clip.mp4')
    return call(pick(made, 'upload_url'), { body: form })
  }

  test('registered, uploaded, processed, pinned once with a cover', () =>
    withSandbox({}, async ({ url, state }) => {
      const { api, board_id, bearer } = await pinner(url)
      expect((await api('/media', { media_type: 'image' })).status).toBe(400)
      const made = await api('/media', { media_type: 'video' })
      expect(made.status).toBe(201)
      const media_id = pick(made.body, 'media_id')
      expect(state.secrets.list()).toContain(
        pick(made.body, 'upload_parameters', 'x-amz-security-token'),
      )
      const status = async () => pick((await api(`/media/${media_id}`)).body, 'status')
      expect(await status()).toBe('registered')
      const pin = (more: Record<string, unknown>) =>
        api('/pins', { board_id, media_source: { source_type: 'video_id', media_id, ...more } })
      const cover = { cover_image_key_frame_time: 1 }
      expect((await pin(cover)).status).toBe(400)
      expect((await upload(made.body, { policy: 'forged' })).status).toBe(403)
      const bearing = await call(pick(made.body, 'upload_url'), { bearer, form: { key: 'x' } })
      expect(bearing.status).toBe(400)
      expect((await upload(made.body)).status).toBe(204)
      expect((await pin(cover)).status).toBe(400)
      expect(await status()).toBe('succeeded')
      expect(pick((await pin({})).body, 'message')).toContain(
        "Parameter 'cover_image_url or cover_image_content_type'",
      )
      const done = await pin({ cover_image_url: files.urlOf(photo) })
      expect(done.body).toMatchObject({ media: { media_type: 'video' } })
      expect((await pin(cover)).status).toBe(400)
      expect(await truth(url, 'pinterest')).toMatchObject([{ media: [clip.facts.sha256] }])
    }))

  test('slow and failed processing, by faults', () =>
    withSandbox({}, async ({ url }) => {
      const { api } = await pinner(url)
      const register = async () => (await api('/media', { media_type: 'video' })).body
      const status = async (made: unknown) =>
        pick((await api(`/media/${pick(made, 'media_id')}`)).body, 'status')
      const slow = await register()
      await setFault(url, 'pinterest', 'upload', 'processing')
      await upload(slow)
      expect([await status(slow), await status(slow), await status(slow)]).toEqual([
        'processing',
        'processing',
        'succeeded',
      ])
      const failed = await register()
      await upload(failed)
      await setFault(url, 'pinterest', 'status', 'refuse')
      expect([await status(failed), await status(failed)]).toEqual(['failed', 'failed'])
    }))
})
