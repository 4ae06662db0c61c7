import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { pagePublisher, publisher, setFault, truth } from '../../testing/graph.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { accountRow, errorOf } from '../../testing/meta-login.ts'

const DAY_MS = 86_400_000

let files: FileHost
let photo: MediaFile
let other: MediaFile
let clip: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  ;[photo, other, clip] = await Promise.all([makeImage(), makeImage(), makeVideo()])
})
afterAll(() => files.close())

const image = (caption = 'Fresh bread') => ({ image_url: files.urlOf(photo), caption })

describe('Instagram publishing', () => {
  test('a photo: container, publish once, media with permalink, listing', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const container = await me.id(me.post('/me/media', image()))
      const fields = '?fields=status_code,status'
      expect((await me.get(`/${container}${fields}`)).body).toMatchObject({
        status_code: 'FINISHED',
      })
      const id = await me.id(me.post('/me/media_publish', { creation_id: container }))
      expect(id).not.toBe(container)
      const again = await me.post('/me/media_publish', { creation_id: container })
      expect(errorOf(again)).toBe('24/2207008')
      expect((await me.get(`/${container}${fields}`)).body).toMatchObject({
        status_code: 'PUBLISHED',
      })
      expect(await truth(url, 'instagram')).toMatchObject([
        { platform_post_id: id, text: 'Fresh bread', media: [photo.facts.sha256] },
      ])
      const asked = 'caption,permalink,timestamp,media_type,media_product_type'
      const shown = await me.get(`/${id}?fields=${asked}`)
      expect(shown.body).toEqual({
        id,
        caption: 'Fresh bread',
        permalink: expect.stringMatching(/\/instagram\/p\/[\w-]+\/$/),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
        media_type: 'IMAGE',
        media_product_type: 'FEED',
      })
      const visit = await call(pick(shown.body, 'permalink'))
      expect(visit.headers.get('location')).toBe('/?platform=instagram&account=alice')
      const list = await me.get('/me/media?fields=id,caption&limit=25')
      expect(list.body).toMatchObject({ data: [{ id, caption: 'Fresh bread' }] })
      expect(list.headers.get('x-business-use-case-usage')).toContain('"type":"instagram"')
    }))

  test('a carousel waits for its parts, and shows them in order', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const item = (form: Record<string, string>) =>
        me.id(me.post('/me/media', { is_carousel_item: 'true', ...form }))
      const first = await item({ media_type: 'VIDEO', video_url: files.urlOf(clip) })
      const second = await item({ image_url: files.urlOf(photo) })
      const parent = { media_type: 'CAROUSEL', children: `${first},${second}`, caption: 'Both' }
      expect(errorOf(await me.post('/me/media', parent))).toBe('9007/2207027')
      await me.get(`/${first}?fields=status_code`)
      const container = await me.id(me.post('/me/media', parent))
      const publish = () => me.post('/me/media_publish', { creation_id: container })
      expect(errorOf(await publish())).toBe('9007/2207027')
      await me.get(`/${container}?fields=status_code`)
      const id = await me.id(publish())
      expect((await me.get(`/${id}?fields=media_type,children{media_type}`)).body).toMatchObject({
        media_type: 'CAROUSEL_ALBUM',
        children: { data: [{ media_type: 'VIDEO' }, { media_type: 'IMAGE' }] },
      })
      const media = [clip.facts.sha256, photo.facts.sha256]
      expect(await truth(url, 'instagram')).toMatchObject([{ text: 'Both', media }])
      expect(errorOf(await me.post('/me/media', { ...parent, children: first }))).toBe(
        '100/2207028',
      )
    }))

  test('reels and stories are told apart; a video alone has to be a reel', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const video_url = files.urlOf(clip)
      const refused = await me.post('/me/media', { media_type: 'VIDEO', video_url })
      expect(errorOf(refused)).toBe('100/2207067')
      const shown = async (form: Record<string, string>) => {
        const creation_id = await me.id(me.post('/me/media', { ...form, caption: 'Hi' }))
        await me.get(`/${creation_id}?fields=status_code`)
        const id = await me.id(me.post('/me/media_publish', { creation_id }))
        return (await me.get(`/${id}?fields=media_product_type,permalink,caption`)).body
      }
      const reel = await shown({ media_type: 'REELS', video_url, cover_url: files.urlOf(other) })
      expect(reel).toMatchObject({ media_product_type: 'REELS', caption: 'Hi' })
      const story = await shown({ media_type: 'STORIES', image_url: files.urlOf(photo) })
      expect(story).toMatchObject({ media_product_type: 'STORY' })
      expect(story).not.toHaveProperty('caption')
      expect(pick(story, 'permalink')).toContain('/stories/alice/')
      const stories = await me.get('/me/stories')
      expect(Object(stories.body).data).toHaveLength(1)
      expect(Object((await me.get('/me/media')).body).data).toHaveLength(1)
    }))

  test.each([
    ['no file', { caption: 'No file' }, '9004/2207052'],
    ['a dead address', { image_url: 'http://127.0.0.1:1/a.jpg' }, '9004/2207052'],
    ['an unknown type', { media_type: 'AUDIO' }, '100/2207023'],
    ['a long caption', { caption: 'x'.repeat(2201) }, '36004/2207010'],
    ['31 hashtags', { caption: '#a '.repeat(31) }, '100/2207040'],
  ])('%s is refused', (_what, form, code) =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const refused = await me.post('/me/media', form)
      expect([refused.status, errorOf(refused)]).toEqual([400, code])
    }),
  )

  test('pictures of the wrong type or shape are refused at once', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const png = await makeImage({ format: 'png' })
      const tall = await makeImage({ width: 400, height: 1000 })
      const refusal = async (file: MediaFile) =>
        errorOf(await me.post('/me/media', { image_url: files.urlOf(file) }))
      expect(await refusal(png)).toBe('36001/2207005')
      expect(await refusal(tall)).toBe('36003/2207009')
    }))

  test('a video that is too short fails when it is processed', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const short = await makeVideo({ durationMs: 1_000 })
      const form = { media_type: 'REELS', video_url: files.urlOf(short) }
      const creation_id = await me.id(me.post('/me/media', form))
      expect((await me.get(`/${creation_id}?fields=status_code,status`)).body).toMatchObject({
        status_code: 'ERROR',
        status: 'Error: Media upload has failed with error code 2207026',
      })
      const publish = await me.post('/me/media_publish', { creation_id })
      expect(errorOf(publish)).toBe('-1/2207032')
      expect(await truth(url, 'instagram')).toEqual([])
    }))

  test('slow and failed processing, by faults', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const status = async (id: string) =>
        pick((await me.get(`/${id}?fields=status_code`)).body, 'status_code')
      await setFault(url, 'instagram', 'upload', 'processing')
      const slow = await me.id(me.post('/me/media', image()))
      expect(errorOf(await me.post('/me/media_publish', { creation_id: slow }))).toBe(
        '9007/2207027',
      )
      expect([await status(slow), await status(slow), await status(slow)]).toEqual([
        'IN_PROGRESS',
        'IN_PROGRESS',
        'FINISHED',
      ])
      await setFault(url, 'instagram', 'status', 'refuse')
      const failed = await me.id(me.post('/me/media', image()))
      expect([await status(failed), await status(failed)]).toEqual(['ERROR', 'ERROR'])
    }))

  test('a lost answer leaves one post and a container that says so', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const creation_id = await me.id(me.post('/me/media', image()))
      await setFault(url, 'instagram', 'publish', 'drop_after_accept')
      await expect(me.post('/me/media_publish', { creation_id })).rejects.toThrow()
      expect(pick((await me.get(`/${creation_id}?fields=status_code`)).body, 'status_code')).toBe(
        'PUBLISHED',
      )
      expect(await truth(url, 'instagram')).toHaveLength(1)
    }))

  test('containers end after a day, and a day has a hundred posts', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const old = await me.id(me.post('/me/media', image()))
      clock.advance(DAY_MS)
      expect(pick((await me.get(`/${old}?fields=status_code`)).body, 'status_code')).toBe('EXPIRED')
      expect(errorOf(await me.post('/me/media_publish', { creation_id: old }))).toBe('-2/2207020')
      const publish = async () => {
        const creation_id = await me.id(me.post('/me/media', image()))
        return me.post('/me/media_publish', { creation_id })
      }
      for (let count = 0; count < 100; count++) await publish()
      expect(errorOf(await publish())).toBe('9/2207042')
      const path = '/me/content_publishing_limit?fields=config,quota_usage'
      expect((await me.get(path)).body).toEqual({
        data: [{ quota_usage: 100, config: { quota_total: 100, quota_duration: 86_400 } }],
      })
    })
  })

  test('a comment is no post; `fields` on it fails after it was made', () =>
    withSandbox({}, async ({ url, state }) => {
      const me = await publisher(url, 'instagram')
      const creation_id = await me.id(me.post('/me/media', image()))
      const id = await me.id(me.post('/me/media_publish', { creation_id }))
      const first = await me.id(me.post(`/${id}/comments`, { message: 'First!' }))
      expect(errorOf(await me.post(`/${id}/comments?fields=id`, { message: 'Twice' }))).toBe('100')
      const { body } = await me.get(`/${id}/comments?fields=id,text,username`)
      expect(body).toMatchObject({
        data: [{ text: 'Twice' }, { id: first, text: 'First!', username: 'alice' }],
      })
      expect((await me.delete(`/${first}`)).body).toEqual({ success: true })
      const rows = state.comments.list({ platform: 'instagram', platform_post_id: id })
      expect(rows.map((row) => [row.text, row.deleted_at === null])).toEqual([
        ['First!', false],
        ['Twice', true],
      ])
      expect(await truth(url, 'instagram')).toHaveLength(1)
    }))

  test('this login cannot delete, nor reach another account', () =>
    withSandbox({}, async ({ url }) => {
      const me = await publisher(url, 'instagram')
      const bob = await publisher(url, 'instagram', { sandbox_account: 'bob' })
      const creation_id = await me.id(me.post('/me/media', image()))
      expect(errorOf(await bob.post('/me/media_publish', { creation_id }))).toBe('24/2207008')
      const id = await me.id(me.post('/me/media_publish', { creation_id }))
      expect(errorOf(await me.delete(`/${id}`))).toBe('100/33')
      expect(errorOf(await bob.get(`/${id}`))).toBe('100/33')
      const weak = await publisher(url, 'instagram', { scope: 'instagram_business_basic' })
      expect(errorOf(await weak.post('/me/media', image()))).toBe('10')
    }))
})

describe('Instagram behind a Page', () => {
  test('the same nodes with Facebook Login, and DELETE', () =>
    withSandbox({}, async ({ url }) => {
      const { person, page } = await pagePublisher(url)
      const ig = (await accountRow(url, 'instagram', 'alice')).id
      const creation_id = await person.id(person.post(`/${ig}/media`, image('By Facebook')))
      const id = await page.id(page.post(`/${ig}/media_publish`, { creation_id }))
      expect(await truth(url, 'instagram')).toMatchObject([
        { account_id: ig, text: 'By Facebook', media: [photo.facts.sha256] },
      ])
      const me = await publisher(url, 'instagram')
      expect((await me.get(`/${id}?fields=caption`)).body).toMatchObject({ caption: 'By Facebook' })
      expect((await person.delete(`/${id}`)).body).toEqual({ success: true })
      expect(errorOf(await person.get(`/${id}`))).toBe('100/33')
      expect(await truth(url, 'instagram')).toEqual([])
      const bob = (await accountRow(url, 'instagram', 'bob')).id
      expect(errorOf(await person.post(`/${bob}/media`, image()))).toBe('100/33')
    }))

  test('a resumable upload keeps what arrived', () =>
    withSandbox({}, async ({ url }) => {
      const { person } = await pagePublisher(url)
      const ig = (await accountRow(url, 'instagram', 'alice')).id
      const form = { media_type: 'REELS', upload_type: 'resumable', caption: 'In parts' }
      const made = await person.post(`/${ig}/media`, form)
      const creation_id = pick(made.body, 'id')
      const bytes = await readFile(clip.path)
      const send = (from: number, to: number) =>
        call(pick(made.body, 'uri'), {
          body: Uint8Array.from(bytes.subarray(from, to)),
          headers: {
            authorization: `OAuth ${person.token}`,
            offset: String(from),
            file_size: String(bytes.length),
            'content-type': 'application/octet-stream',
          },
        })
      const part = await send(0, 1000)
      expect([part.status, pick(part.body, 'debug_info', 'type')]).toEqual([
        206,
        'PartialRequestError',
      ])
      expect(pick((await send(0, 1000)).body, 'debug_info', 'type')).toBe('OffsetInvalidError')
      const path = `/${creation_id}?fields=status_code,video_status`
      expect((await person.get(path)).body).toMatchObject({
        status_code: 'IN_PROGRESS',
        video_status: { uploading_phase: { bytes_transferred: 1000 } },
      })
      expect((await send(1000, bytes.length)).body).toMatchObject({ success: true })
      expect((await person.get(path)).body).toMatchObject({ status_code: 'FINISHED' })
      await person.post(`/${ig}/media_publish`, { creation_id })
      expect(await truth(url, 'instagram')).toMatchObject([
        { text: 'In parts', media: [clip.facts.sha256] },
      ])
    }))
})
