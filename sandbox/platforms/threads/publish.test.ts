import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { type Publisher, publisher, setFault, truth } from '../../testing/graph.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { errorOf } from '../../testing/meta-login.ts'

let files: FileHost
let photo: MediaFile
let clip: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  ;[photo, clip] = await Promise.all([makeImage({ format: 'png' }), makeVideo()])
})
afterAll(() => files.close())

const container = (me: Publisher, form: Record<string, string>) =>
  me.id(me.post('/me/threads', form))

const post = async (me: Publisher, form: Record<string, string>) => {
  const creation_id = await container(me, form)
  await me.get(`/${creation_id}?fields=status`)
  return me.id(me.post('/me/threads_publish', { creation_id }))
}

const text = (text: string) => ({ media_type: 'TEXT', text })

describe('Threads publishing', () => {
  test('a text: two steps, once, with permalink', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const creation_id = await container(me, text('Hello'))
      const id = await me.id(me.post('/me/threads_publish', { creation_id }))
      expect(errorOf(await me.post('/me/threads_publish', { creation_id }))).toBe('24/4279009')
      expect((await me.get(`/${creation_id}?fields=id,status,error_message`)).body).toEqual({
        id: creation_id,
        status: 'PUBLISHED',
      })
      const fields = '?fields=id,permalink,timestamp,text,media_type,shortcode'
      const shown = await me.get(`/${id}${fields}`)
      expect(shown.body).toMatchObject({ text: 'Hello', media_type: 'TEXT_POST' })
      const visit = await call(pick(shown.body, 'permalink'))
      expect(visit.headers.get('location')).toBe('/?platform=threads&account=alice')
      expect((await me.get(`/me/threads${fields}`)).body).toMatchObject({ data: [shown.body] })
      expect(await truth(url, 'threads')).toMatchObject([{ platform_post_id: id, text: 'Hello' }])
    }))

  test('the first tag loses its # for visitors, not in what was asked', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const asked = 'See https://example.com/#x then #Bäcker and #two'
      const id = await post(me, text(asked))
      expect((await me.get(`/${id}?fields=text,topic_tag`)).body).toEqual({
        id,
        text: 'See https://example.com/#x then Bäcker and #two',
        topic_tag: 'Bäcker',
      })
      expect(await truth(url, 'threads')).toMatchObject([{ text: asked }])
      const tagged = await post(me, { ...text('Plain #one'), topic_tag: 'bread' })
      expect((await me.get(`/${tagged}?fields=text,topic_tag`)).body).toMatchObject({
        text: 'Plain #one',
        topic_tag: 'bread',
      })
    }))

  test('a carousel waits for its parts', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const item = { is_carousel_item: 'true' }
      const video_url = files.urlOf(clip)
      const first = await container(me, { ...item, media_type: 'VIDEO', video_url })
      const image_url = files.urlOf(photo)
      const second = await container(me, { ...item, media_type: 'IMAGE', image_url })
      const form = { media_type: 'CAROUSEL', children: `${first},${second}`, text: 'Both' }
      expect(errorOf(await me.post('/me/threads', form))).toBe('24/4279009')
      await me.get(`/${first}?fields=status`)
      const creation_id = await container(me, form)
      expect(errorOf(await me.post('/me/threads_publish', { creation_id }))).toBe('24/4279009')
      await me.get(`/${creation_id}?fields=status`)
      await me.post('/me/threads_publish', { creation_id })
      expect(await truth(url, 'threads')).toMatchObject([
        { text: 'Both', media: [clip.facts.sha256, photo.facts.sha256] },
      ])
      expect((await me.get('/me/threads?fields=media_type')).body).toMatchObject({
        data: [{ media_type: 'CAROUSEL_ALBUM' }],
      })
    }))

  test('a reply needs a published parent, and is listed among replies', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const parent = await container(me, text('One'))
      const reply = (reply_to_id: string) => ({ ...text('Two'), reply_to_id })
      expect(errorOf(await me.post('/me/threads', reply(parent)))).toBe('24/4279009')
      const root = await me.id(me.post('/me/threads_publish', { creation_id: parent }))
      const second = await post(me, reply(root))
      const third = await post(me, { ...text('Three'), reply_to_id: second })
      const fields = '?fields=text,replied_to,root_post'
      expect((await me.get(`/me/replies${fields}`)).body).toMatchObject({
        data: [
          { id: third, replied_to: { id: second }, root_post: { id: root } },
          { id: second, text: 'Two', replied_to: { id: root } },
        ],
      })
      expect(Object((await me.get('/me/threads')).body).data).toEqual([{ id: root }])
      expect(await truth(url, 'threads')).toHaveLength(3)
    }))

  test.each([
    ['no text', { media_type: 'TEXT' }, '100'],
    ['501 characters', text('x'.repeat(501)), '100'],
    ['126 emoji, which are 504 bytes', text('🍞'.repeat(126)), '100'],
    ['six links', text([1, 2, 3, 4, 5, 6].map((n) => `https://e.com/${n}`).join(' ')), '100'],
    ['a dotted topic', { ...text('x'), topic_tag: 'a.b' }, '100/4279071'],
    ['one poll option', { ...text('x'), poll_attachment: '{"option_a":"Yes"}' }, '100'],
    ['an unknown reply_control', { ...text('x'), reply_control: 'nobody' }, '100'],
    ['a dead picture', { media_type: 'IMAGE', image_url: 'http://127.0.0.1:1/' }, '1/2207052'],
  ])('%s is refused', (_what, form, code) =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const refused = await me.post('/me/threads', { ...form })
      expect([refused.status, errorOf(refused)]).toEqual([400, code])
    }),
  )

  test('a text of exactly 500 with five links and a poll passes', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const links = [1, 2, 3, 4, 5].map((n) => `https://e.com/${n}`).join(' ')
      const poll = { option_a: 'Rye', option_b: 'Wheat' }
      const form = {
        ...text(links.padEnd(500, ' x')),
        poll_attachment: JSON.stringify(poll),
      }
      const id = await post(me, form)
      expect((await me.get(`/${id}?fields=poll_attachment`)).body).toMatchObject({
        poll_attachment: poll,
      })
    }))

  test('a video that fails says why; one by one step has no container', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const status = async (id: string) => (await me.get(`/${id}?fields=status,error_message`)).body
      const video_url = 'http://127.0.0.1:1/v.mp4'
      const dead = await container(me, { media_type: 'VIDEO', video_url })
      expect(await status(dead)).toMatchObject({
        status: 'ERROR',
        error_message: 'FAILED_DOWNLOADING_VIDEO',
      })
      await setFault(url, 'threads', 'status', 'refuse')
      const failed = await container(me, { media_type: 'VIDEO', video_url: files.urlOf(clip) })
      expect(await status(failed)).toMatchObject({ error_message: 'FAILED_PROCESSING_VIDEO' })
      await setFault(url, 'threads', 'publish', 'drop_after_accept')
      const oneStep = { ...text('Now'), auto_publish_text: 'true' }
      await expect(me.post('/me/threads', oneStep)).rejects.toThrow()
      expect(await truth(url, 'threads')).toMatchObject([{ text: 'Now' }])
    }))

  test('delete is once and by scope; deleted is code 24', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const id = await post(me, text('Gone soon'))
      const bob = await publisher(url, 'threads', { sandbox_account: 'bob' })
      expect(errorOf(await bob.delete(`/${id}`))).toBe('24')
      expect((await me.delete(`/${id}`)).body).toEqual({ success: true, deleted_id: id })
      expect(errorOf(await me.get(`/${id}`))).toBe('24')
      expect(errorOf(await me.delete(`/${id}`))).toBe('24')
      expect(await truth(url, 'threads')).toEqual([])
    }))

  test('250 posts a day, replies apart', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const me = await publisher(url, 'threads')
      const creation_id = await container(me, text('Root'))
      const root = await me.id(me.post('/me/threads_publish', { creation_id }))
      const now = { ...text('More'), auto_publish_text: 'true' }
      for (let count = 1; count < 250; count++) await me.post('/me/threads', now)
      expect(errorOf(await me.post('/me/threads', now))).toBe('4')
      await me.post('/me/threads', { ...now, reply_to_id: root })
      const path = '/me/threads_publishing_limit?fields=quota_usage,config,reply_quota_usage'
      expect((await me.get(path)).body).toEqual({
        data: [
          {
            quota_usage: 250,
            config: { quota_total: 250, quota_duration: 86_400 },
            reply_quota_usage: 1,
          },
        ],
      })
    })
  })
})
