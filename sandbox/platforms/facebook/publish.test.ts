import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { pagePublisher, setFault, truth } from '../../testing/graph.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { errorOf } from '../../testing/meta-login.ts'

const CHUNK_BYTES = 4 * 1024 * 1024

let files: FileHost
let photo: MediaFile
let clip: MediaFile
let large: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  ;[photo, clip] = await Promise.all([makeImage({ format: 'png' }), makeVideo()])
  large = await makeVideo({ bytes: CHUNK_BYTES + 500_000 })
})
afterAll(() => files.close())

const slice = async (file: MediaFile, from: number, to?: number) =>
  Uint8Array.from((await readFile(file.path)).subarray(from, to))

describe('Facebook posts', () => {
  test('a text: listed, shown, permalink followed, commented, deleted', () =>
    withSandbox({}, async ({ url, state }) => {
      const { page, id } = await pagePublisher(url)
      const made = await page.post(`/${id}/feed`, { message: 'Open at 7' })
      const post = pick(made.body, 'id')
      expect(post).toMatch(new RegExp(`^${id}_\\d+$`))
      expect(made.headers.get('x-business-use-case-usage')).toContain('"type":"pages"')
      const fields = '?fields=id,message,created_time,permalink_url'
      const list = await page.get(`/${id}/published_posts${fields}&limit=25`)
      const shown = await page.get(`/${post}${fields}`)
      expect(Object(list.body).data).toEqual([shown.body])
      expect(shown.body).toMatchObject({ message: 'Open at 7' })
      const visit = await call(pick(shown.body, 'permalink_url'))
      expect(visit.headers.get('location')).toBe(`/?platform=facebook&account=${id}`)
      expect(String((await call(`${url}${visit.headers.get('location')}`)).body)).toContain(
        'Alice Bakery',
      )
      const comment = await page.id(page.post(`/${post}/comments`, { message: 'Come early' }))
      expect((await page.get(`/${post}/comments`)).body).toMatchObject({
        data: [{ id: comment, message: 'Come early' }],
      })
      expect(state.comments.list()).toMatchObject([{ platform_post_id: post, account_id: id }])
      expect(await truth(url, 'facebook')).toMatchObject([{ account_id: id, text: 'Open at 7' }])
      expect((await page.delete(`/${post}`)).body).toEqual({ success: true })
      expect(errorOf(await page.delete(`/${post}`))).toBe('100/33')
      expect(await truth(url, 'facebook')).toEqual([])
    }))

  test('the same text again is a duplicate for a while', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const form = { message: 'Twice', link: 'https://example.com/bread' }
      const made = await page.post(`/${id}/feed?fields=permalink_url`, form)
      expect(pick(made.body, 'permalink_url')).toContain('/posts/')
      expect(errorOf(await page.post(`/${id}/feed`, form))).toBe('506/1455006')
      expect((await page.post(`/${id}/feed`, { message: 'Twice' })).status).toBe(200)
      clock.advance(600_000)
      expect((await page.post(`/${id}/feed`, form)).status).toBe(200)
    })
  })

  test('photos: one by address, one by bytes, and both in a post', () =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const one = await page.post(`/${id}/photos`, { url: files.urlOf(photo), message: 'Look' })
      expect(one.body).toEqual({
        id: expect.stringMatching(/^\d+$/),
        post_id: expect.stringMatching(/_/),
      })
      const first = await page.id(
        page.post(`/${id}/photos`, { url: files.urlOf(photo), published: 'false' }),
      )
      const other = await makeImage()
      const form = new FormData()
      form.set('published', 'false')
      form.set('source', new Blob([await slice(other, 0)], { type: 'image/jpeg' }), 'a.jpg')
      const sent = await call(`${url}/facebook/v25.0/${id}/photos`, {
        body: form,
        bearer: page.token,
      })
      const attached = JSON.stringify([
        { media_fbid: pick(sent.body, 'id') },
        { media_fbid: first },
      ])
      const album = { message: 'Album', attached_media: attached }
      const post = await page.id(page.post(`/${id}/feed`, album))
      expect(await truth(url, 'facebook')).toMatchObject([
        { text: 'Look', media: [photo.facts.sha256] },
        {
          text: 'Album',
          platform_post_id: post,
          media: [other.facts.sha256, photo.facts.sha256],
        },
      ])
      expect(errorOf(await page.post(`/${id}/feed`, album))).toBe('100/1366051')
      const story = await page.post(`/${id}/photo_stories`, { photo_id: first })
      expect([story.status, errorOf(story)]).toEqual([503, '1'])
    }))

  test('a story of an unpublished photo is in no feed and stays', () =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const form = { url: files.urlOf(photo), published: 'false' }
      const photo_id = await page.id(page.post(`/${id}/photos`, form))
      const story = await page.id(page.post(`/${id}/photo_stories`, { photo_id }), 'post_id')
      expect((await page.get(`/${id}/stories`)).body).toMatchObject({
        data: [{ post_id: story, media_id: photo_id, status: 'PUBLISHED' }],
      })
      expect((await page.get(`/${id}/feed`)).body).toEqual({ data: [] })
      expect(errorOf(await page.delete(`/${story}`))).toBe('100/33')
    }))

  test.each([
    ['an empty post', '/feed', {}, '100/1349125'],
    ['a link to Facebook', '/feed', { link: 'https://www.facebook.com/x' }, '100/1609008'],
    ['a broken link', '/feed', { link: 'nowhere' }, '100'],
    ['an unknown photo', '/feed', { attached_media: '[{"media_fbid":"1"}]' }, '100'],
    ['a photo that is not there', '/photos', { url: 'http://127.0.0.1:1/' }, '100/2061006'],
    ['no photo', '/photos', {}, '324/2069019'],
  ])('%s is refused', (_what, edge, form, code) =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const refused = await page.post(`/${id}${edge}`, form)
      expect([refused.status, errorOf(refused)]).toEqual([400, code])
      expect(await truth(url, 'facebook')).toEqual([])
    }),
  )

  test('only a Page’s token with permission and task publishes', () =>
    withSandbox({}, async ({ url }) => {
      const { person, page, id } = await pagePublisher(url)
      const form = { message: 'No' }
      const asPerson = await person.post(`/${id}/feed`, form)
      expect([asPerson.status, errorOf(asPerson)]).toEqual([403, '200'])
      const second = await pagePublisher(url, {}, 1)
      expect(errorOf(await second.page.post(`/${id}/feed`, form))).toBe('100/33')
      const post = await page.id(page.post(`/${id}/feed`, form))
      expect(errorOf(await second.page.get(`/${post}`))).toBe('100/33')
      const reader = await pagePublisher(url, { sandbox_account: 'bob' }, 1)
      expect(errorOf(await reader.page.post(`/${reader.id}/feed`, form))).toBe('200')
      const weak = await pagePublisher(url, {
        sandbox_account: 'carol',
        scope: 'pages_show_list,pages_read_engagement',
      })
      expect(errorOf(await weak.page.post(`/${weak.id}/feed`, form))).toBe('200')
    }))

  test('a refused content, a rate limit and a lost answer in Graph’s words', () =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const form = { message: 'Fault' }
      await setFault(url, 'facebook', 'publish', 'refuse')
      expect(errorOf(await page.post(`/${id}/feed`, form))).toBe('368/1346003')
      await setFault(url, 'facebook', 'publish', 'rate_limit')
      const limited = await page.post(`/${id}/feed`, form)
      expect([limited.status, errorOf(limited)]).toEqual([400, '80001'])
      await setFault(url, 'facebook', 'publish', 'drop_after_accept')
      await expect(page.post(`/${id}/feed`, form)).rejects.toThrow()
      expect((await page.get(`/${id}/feed`)).body).toMatchObject({ data: [{ message: 'Fault' }] })
    }))
})

describe('Facebook videos', () => {
  test('by address: the video tells its post', () =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const form = { file_url: files.urlOf(clip), description: 'Baking', title: 'Oven' }
      const video = await page.id(page.post(`/${id}/videos`, form))
      const { body } = await page.get(`/${video}?fields=post_id,permalink_url,status`)
      expect(body).toMatchObject({
        permalink_url: `/${id}/videos/${video}/`,
        status: { video_status: 'ready', publishing_phase: { publish_status: 'published' } },
      })
      expect(await truth(url, 'facebook')).toMatchObject([
        {
          platform_post_id: pick(body, 'post_id'),
          text: 'Baking',
          media: [clip.facts.sha256],
        },
      ])
    }))

  test('in chunks: a wrong offset is answered with the right one', () =>
    withSandbox({}, async ({ url }) => {
      const { page, id } = await pagePublisher(url)
      const file_size = String(large.facts.bytes)
      const begun = await page.post(`/${id}/videos`, { upload_phase: 'start', file_size })
      expect(begun.body).toMatchObject({ start_offset: '0', end_offset: String(CHUNK_BYTES) })
      const upload_session_id = pick(begun.body, 'upload_session_id')
      const transfer = async (from: number, to?: number) => {
        const form = new FormData()
        form.set('upload_phase', 'transfer')
        form.set('upload_session_id', upload_session_id)
        form.set('start_offset', String(from))
        form.set('video_file_chunk', new Blob([await slice(large, from, to)]), 'chunk')
        return call(`${url}/facebook/v25.0/${id}/videos`, { body: form, bearer: page.token })
      }
      const first = await transfer(0, CHUNK_BYTES)
      expect(first.body).toEqual({ start_offset: String(CHUNK_BYTES), end_offset: file_size })
      const again = await transfer(0, CHUNK_BYTES)
      expect([errorOf(again), Object(again.body).error.error_data.start_offset]).toEqual([
        '6001/1363037',
        CHUNK_BYTES,
      ])
      const finish = { upload_phase: 'finish', upload_session_id, description: 'Long' }
      expect(errorOf(await page.post(`/${id}/videos`, finish))).toBe('6000/1363130')
      const status = await page.get(`/${pick(begun.body, 'video_id')}?fields=status`)
      expect(pick(status.body, 'status', 'uploading_phase', 'bytes_transferred')).toBe(
        String(CHUNK_BYTES),
      )
      expect((await transfer(CHUNK_BYTES)).body).toEqual({
        start_offset: file_size,
        end_offset: file_size,
      })
      expect((await page.post(`/${id}/videos`, finish)).body).toEqual({ success: true })
      expect(errorOf(await page.post(`/${id}/videos`, finish))).toBe('100')
      expect(await truth(url, 'facebook')).toMatchObject([
        { text: 'Long', media: [large.facts.sha256] },
      ])
    }))

  const reel = async (url: string, file: MediaFile, edge = 'video_reels') => {
    const { page, id } = await pagePublisher(url)
    const begun = await page.post(`/${id}/${edge}`, { upload_phase: 'start' })
    const video_id = pick(begun.body, 'video_id')
    const send = async (from: number, to?: number) =>
      call(pick(begun.body, 'upload_url'), {
        body: await slice(file, from, to),
        headers: {
          authorization: `OAuth ${page.token}`,
          offset: String(from),
          file_size: String(file.facts.bytes),
          'content-type': 'application/octet-stream',
        },
      })
    const finish = () =>
      page.post(`/${id}/${edge}`, {
        upload_phase: 'finish',
        video_id,
        video_state: 'PUBLISHED',
        description: 'Reel',
      })
    const status = async () => (await page.get(`/${video_id}?fields=status,post_id`)).body
    return { page, video_id, send, finish, status }
  }

  test('a reel resumes at the bytes that arrived, and ends once', () =>
    withSandbox({}, async ({ url }) => {
      const { send, finish, status, video_id } = await reel(url, clip)
      expect((await send(0, 5000)).status).toBe(206)
      expect(pick(await status(), 'status', 'uploading_phase', 'bytes_transferred')).toBe('5000')
      expect(errorOf(await finish())).toBe('6000/1363130')
      expect((await send(5000)).body).toMatchObject({ success: true })
      const done = await finish()
      expect(done.body).toMatchObject({ success: true })
      expect(errorOf(await finish())).toBe('100')
      const visit = await call(`${url}/facebook/reel/${video_id}/`)
      expect(visit.status).toBe(302)
      expect(await truth(url, 'facebook')).toMatchObject([
        {
          platform_post_id: pick(done.body, 'post_id'),
          text: 'Reel',
          media: [clip.facts.sha256],
        },
      ])
    }))

  test('slow processing: the post comes later; failed processing: it never does', () =>
    withSandbox({}, async ({ url }) => {
      const slow = await reel(url, clip)
      await slow.send(0)
      await setFault(url, 'facebook', 'publish', 'processing')
      expect((await slow.finish()).body).toEqual({ success: true })
      expect(await truth(url, 'facebook')).toEqual([])
      const working = await slow.status()
      expect(pick(working, 'status', 'video_status')).toBe('processing')
      expect(working).not.toHaveProperty('post_id')
      await slow.status()
      expect(pick(await slow.status(), 'status', 'video_status')).toBe('ready')
      expect(await truth(url, 'facebook')).toHaveLength(1)
      const failed = await reel(url, clip)
      await failed.send(0)
      await failed.finish()
      await setFault(url, 'facebook', 'status', 'refuse')
      expect(pick(await failed.status(), 'status', 'video_status')).toBe('error')
      expect(pick(await failed.status(), 'status', 'processing_phase', 'status')).toBe('error')
      expect(await truth(url, 'facebook')).toHaveLength(1)
    }))

  test('a reel of the wrong shape fails in processing', () =>
    withSandbox({}, async ({ url }) => {
      const wide = await reel(url, await makeVideo({ width: 640, height: 360 }))
      await wide.send(0)
      await wide.finish()
      expect(pick(await wide.status(), 'status', 'processing_phase', 'errors', 0, 'code')).toBe(
        '1363127',
      )
      expect(await truth(url, 'facebook')).toEqual([])
    }))

  test('a video story, deleted by its video', () =>
    withSandbox({}, async ({ url }) => {
      const { page, video_id, send, finish } = await reel(url, clip, 'video_stories')
      await send(0)
      const post = pick((await finish()).body, 'post_id')
      expect(await truth(url, 'facebook')).toMatchObject([{ platform_post_id: post, text: '' }])
      expect((await page.delete(`/${video_id}`)).body).toEqual({ success: true })
      expect(await truth(url, 'facebook')).toEqual([])
    }))
})
