import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { connectBluesky } from './support/accounts.ts'
import type { TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { startStackApi } from './support/stack-api.ts'
import { uploadFile } from './support/upload.ts'

let api: TestApi
let alice: Client
let bluesky: string

beforeAll(async () => {
  api = await startStackApi()
  alice = makeClient(api.url, api.alice.key)
  bluesky = await connectBluesky(api, alice)
})
afterAll(() => api.close())

async function upload(file = makeImage({ width: 64, height: 64 })): Promise<string> {
  const { status, json } = await uploadFile(api.url, api.alice.key, (await file).path)
  expect(status).toBe(201)
  return String(json.id)
}

async function create(body: object): Promise<string> {
  const targets = [{ connection_id: bluesky }]
  const reply = await alice.post('/v1/posts', { content: 'pictures', targets, ...body })
  expect(reply.text && reply.status).toBe(201)
  return String(reply.json.id)
}

const use = (...ids: string[]) => ids.map((media_id) => ({ media_id }))

/** 204 when nothing uses it, 409 when something does. */
const deleting = async (id: string) => (await alice.delete(`/v1/media/${id}`)).status

describe('files of a post', () => {
  test('are shown in their order, with the words that this post has for them', async () => {
    const [first, second] = [await upload(), await upload()]
    const media = [{ media_id: second, alt_text: 'A cat' }, { media_id: first }]
    const id = await create({ media })
    const { json } = await alice.get(`/v1/posts/${id}`)
    expect(json.media).toMatchObject([
      { media_id: second, alt_text: 'A cat' },
      { media_id: first, alt_text: null },
    ])
    expect((await alice.get('/v1/posts?limit=1')).json.data?.[0]?.media).toEqual(json.media)
  })

  test('cannot be deleted while the post has them, and can when they are replaced', async () => {
    const [old, kept, fresh] = [await upload(), await upload(), await upload()]
    const id = await create({ media: use(old, kept) })
    expect([await deleting(old), await deleting(kept)]).toEqual([409, 409])
    const changed = await alice.patch(`/v1/posts/${id}`, { media: use(kept, fresh) })
    expect(changed.text && changed.status).toBe(200)
    expect(changed.json.media).toMatchObject(use(kept, fresh))
    expect([await deleting(old), await deleting(kept), await deleting(fresh)]).toEqual([
      ...[204, 409, 409],
    ])
    expect((await alice.patch(`/v1/posts/${id}`, { content: 'other words' })).json.media).toEqual(
      changed.json.media,
    )
    expect((await alice.patch(`/v1/posts/${id}`, { media: [] })).json.media).toEqual([])
    expect(await deleting(kept)).toBe(204)
  })

  test('are let go by a post that is deleted', async () => {
    const file = await upload()
    const id = await create({ media: use(file) })
    expect((await alice.delete(`/v1/posts/${id}`)).status).toBe(204)
    expect(await deleting(file)).toBe(204)
  })

  test('stay as they were when the change of them is refused', async () => {
    const file = await upload()
    const id = await create({ media: use(file) })
    const refused = await alice.patch(`/v1/posts/${id}`, {
      content: 'x',
      media: use(crypto.randomUUID()),
    })
    expect(refused.status).toBe(422)
    expect((await alice.get(`/v1/posts/${id}`)).json).toMatchObject({
      content: 'pictures',
      media: use(file),
      revision: 1,
    })
    expect(await deleting(file)).toBe(409)
  })

  test('are at most 35', async () => {
    const file = await upload()
    const media = use(...Array.from({ length: 36 }, () => file))
    const targets = [{ connection_id: bluesky }]
    for (const path of ['/v1/posts', '/v1/posts/validate']) {
      const refused = await alice.post(path, { content: 'a', media, targets })
      expect(refused).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
      expect(refused.json.errors).toMatchObject([{ path: 'media' }])
    }
    const most = { content: 'a', media: media.slice(1), targets }
    const judged = await alice.post('/v1/posts/validate', most)
    // Now the platform's own limit speaks.
    expect(judged.json.errors).toMatchObject([{ path: 'media', code: 'too_many_media' }])
  })

  test('of two posts are held by both', async () => {
    const file = await upload()
    const [one, two] = [await create({ media: use(file) }), await create({ media: use(file) })]
    await alice.delete(`/v1/posts/${one}`)
    expect(await deleting(file)).toBe(409)
    await alice.delete(`/v1/posts/${two}`)
    expect(await deleting(file)).toBe(204)
  })
})

describe('files that settings of a target name', () => {
  const threadOf = (...ids: string[]) => ({
    targets: [
      { connection_id: bluesky, settings: { thread: [{ content: 'two', media: use(...ids) }] } },
    ],
  })

  test('in a thread are held, and let go when it is rewritten', async () => {
    const [shared, own, other] = [await upload(), await upload(), await upload()]
    const id = await create({ media: use(shared), ...threadOf(own) })
    expect([await deleting(shared), await deleting(own)]).toEqual([409, 409])
    const changed = await alice.patch(`/v1/posts/${id}`, threadOf(other))
    expect(changed.text && changed.status).toBe(200)
    // What all targets share is not in a target's settings, and stays.
    expect(changed.json.media).toMatchObject(use(shared))
    expect([await deleting(shared), await deleting(own), await deleting(other)]).toEqual([
      ...[409, 204, 409],
    ])
  })

  test('go with a target that leaves', async () => {
    const own = await upload()
    const id = await create(threadOf(own))
    const elsewhere = [{ connection_id: await connectBluesky(api, alice) }]
    expect((await alice.patch(`/v1/posts/${id}`, { targets: elsewhere })).status).toBe(200)
    expect(await deleting(own)).toBe(204)
  })

  test('by a name of their own are held too', async () => {
    const [film, cover] = [await upload(makeVideo()), await upload()]
    const board = await pinterest()
    const settings = { cover_media_id: cover, title: 'Pin' }
    const targets = [{ connection_id: board, settings }]
    const id = await create({ content: '', media: use(film), targets })
    expect([await deleting(film), await deleting(cover)]).toEqual([409, 409])
    const plain = [{ connection_id: board, settings: { title: 'Pin' } }]
    expect((await alice.patch(`/v1/posts/${id}`, { targets: plain })).status).toBe(200)
    expect([await deleting(film), await deleting(cover)]).toEqual([409, 204])
  })
})

/** An account with a default board. */
async function pinterest(): Promise<string> {
  const id = crypto.randomUUID()
  const { tenantId, userId } = api.alice
  const statement = `insert into connections (id, tenant_id, user_id, platform, status, is_authenticated,
      platform_account_id, connected_at, settings)
    values (?, ?, ?, 'pinterest', 'active', true, ?, now(), '{"default_board_id":"4711"}')`
  await api.db.withTenant(tenantId, (em) => em.execute(statement, [id, tenantId, userId, id]))
  return id
}
