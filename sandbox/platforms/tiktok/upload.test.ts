import { beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeVideo } from '../../../test/support/media-files.ts'
import { makeClock, pick, withSandbox } from '../../testing/http.ts'
import { login } from '../../testing/tiktok-login.ts'
import {
  api,
  fault,
  initFile,
  PUBLIC,
  plan,
  put,
  signIn,
  status,
  truth,
} from '../../testing/tiktok-publish.ts'

const CHUNK = 5_000_000

let clip: MediaFile
let long: MediaFile

beforeAll(async () => {
  clip = await makeVideo()
  long = await makeVideo({ bytes: 11_000_000 })
})

describe('TikTok video in parts', () => {
  test('parts in order make a post with an id beyond doubles', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const { body } = await initFile(url, bearer, long, CHUNK)
      const [id, to] = [pick(body, 'data', 'publish_id'), pick(body, 'data', 'upload_url')]
      expect(id).toMatch(/^v_pub_file~v2-1\.\d{19}$/)
      expect(to.startsWith(`${url}/tiktok/upload/`)).toBe(true)
      expect(to.length).toBeLessThanOrEqual(256)
      const size = long.facts.bytes
      expect(await put(to, long, [0, CHUNK])).toEqual([206, `bytes 0-${CHUNK}/${size}`])
      expect((await status(url, bearer, id)).body).toMatchObject({
        data: { status: 'PROCESSING_UPLOAD', uploaded_bytes: CHUNK },
      })
      expect(await put(to, long, [0, CHUNK])).toEqual([416, `bytes 0-${CHUNK}/${size}`])
      expect(await truth(url)).toEqual([])
      expect(await put(to, long, [CHUNK, size])).toEqual([201, `bytes 0-${size}/${size}`])
      const done = await fetch(`${url}/tiktok/v2/post/publish/status/fetch/`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ publish_id: id }),
      })
      const text = await done.text()
      const postId = /"publicaly_available_post_id":\[(\d{19})\]/.exec(text)?.[1] ?? ''
      expect(BigInt(postId)).not.toBe(BigInt(Number(postId)))
      expect(JSON.parse(text)).toMatchObject({
        data: { status: 'PUBLISH_COMPLETE', uploaded_bytes: size },
        error: { code: 'ok' },
      })
      expect(await truth(url)).toMatchObject([
        { platform_post_id: postId, text: PUBLIC.title, media: [long.facts.sha256] },
      ])
    }))

  test.each([
    ['a chunk of 64 MiB', { video_size: 2 ** 27, chunk_size: 2 ** 26, total_chunk_count: 2 }],
    ['a small chunk', { video_size: 12_000_000, chunk_size: 4_999_999, total_chunk_count: 2 }],
    ['a rounded count', { video_size: 12_000_000, chunk_size: 5_000_000, total_chunk_count: 3 }],
    ['one short chunk', { video_size: 9_000_000, chunk_size: 5_000_000, total_chunk_count: 1 }],
  ])('%s is refused', (_name, sizes) =>
    withSandbox({}, async ({ url }) => {
      const source_info = { source: 'FILE_UPLOAD', ...sizes }
      const json = { post_info: PUBLIC, source_info }
      const refused = await api(url, await signIn(url), 'post/publish/video/init/', json)
      expect([refused.status, pick(refused.body, 'error', 'code')]).toEqual([400, 'invalid_params'])
    }),
  )

  test('64,000,000 bytes is the largest chunk', () =>
    withSandbox({}, async ({ url }) => {
      const sizes = { video_size: 130_000_000, chunk_size: 64_000_000, total_chunk_count: 2 }
      const json = { post_info: PUBLIC, source_info: { source: 'FILE_UPLOAD', ...sizes } }
      const taken = await api(url, await signIn(url), 'post/publish/video/init/', json)
      expect(taken.status).toBe(200)
    }))

  test('an upload address ends after an hour; another one is none', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { body } = await initFile(url, await signIn(url), clip)
      const to = pick(body, 'data', 'upload_url')
      const all: [number, number] = [0, clip.facts.bytes]
      expect(await put(to, clip, all, { 'content-type': 'video/avi' })).toEqual([400, null])
      expect(await put(to, clip, [0, 1000])).toEqual([400, null])
      expect(await put(to.replace('/upload/', '/upload/0'), clip, all)).toEqual([404, null])
      expect(await put(to.slice(0, -1), clip, all)).toEqual([403, null])
      clock.advance(3_600_000)
      expect(await put(to, clip, all)).toEqual([403, null])
      expect(await truth(url)).toEqual([])
    })
  })

  test('the address is a secret', () =>
    withSandbox({}, async ({ url, state }) => {
      const { body } = await initFile(url, await signIn(url), clip)
      const token = new URL(pick(body, 'data', 'upload_url')).searchParams.get('upload_token')
      expect(state.secrets.list()).toContain(token)
    }))

  test.each([
    [{ width: 320, height: 400 }, 'picture_size_check_failed'],
    [{ frameRate: 12 }, 'frame_rate_check_failed'],
    [{ durationMs: 61_000, frameRate: 23 }, 'duration_check_failed'],
  ])('carol’s video with %j fails as %s', (options, reason) =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url, 'carol')
      const bad = await makeVideo(options)
      const post_info = { title: '', privacy_level: 'SELF_ONLY' }
      const json = { post_info, source_info: plan(bad) }
      const { body } = await api(url, bearer, 'post/publish/video/init/', json)
      await put(pick(body, 'data', 'upload_url'), bad, [0, bad.facts.bytes])
      const failed = await status(url, bearer, pick(body, 'data', 'publish_id'))
      expect(failed.body).toMatchObject({ data: { status: 'FAILED', fail_reason: reason } })
      expect(await truth(url)).toEqual([])
    }),
  )
})

describe('TikTok faults', () => {
  test('processing at publish takes two more looks, at status as many as it says', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const { body } = await initFile(url, bearer, clip)
      const id = pick(body, 'data', 'publish_id')
      await fault(url, { step: 'publish', fault: 'processing' })
      await put(pick(body, 'data', 'upload_url'), clip, [0, clip.facts.bytes])
      await fault(url, { step: 'status', fault: 'processing' })
      const seen: string[] = []
      for (let look = 0; look < 4; look++) {
        seen.push(pick((await status(url, bearer, id)).body, 'data', 'status'))
      }
      expect(seen).toEqual([...Array(3).fill('PROCESSING_UPLOAD'), 'PUBLISH_COMPLETE'])
    }))

  test('refuse at status fails the post for good', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const { body } = await initFile(url, bearer, clip)
      const id = pick(body, 'data', 'publish_id')
      await put(pick(body, 'data', 'upload_url'), clip, [0, clip.facts.bytes])
      await fault(url, { step: 'status', fault: 'refuse' })
      for (let look = 0; look < 2; look++) {
        expect((await status(url, bearer, id)).body).toMatchObject({ data: { status: 'FAILED' } })
      }
      expect(await truth(url)).toMatchObject([{ deleted_at: expect.any(String) }])
    }))

  test('the last part is the call that publishes; its answer can be lost', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const account_id = (await login(url)).openId
      const { body } = await initFile(url, bearer, clip)
      await fault(url, { step: 'publish', fault: 'drop_after_accept', account_id })
      const to = pick(body, 'data', 'upload_url')
      await expect(put(to, clip, [0, clip.facts.bytes])).rejects.toThrow()
      expect((await status(url, bearer, pick(body, 'data', 'publish_id'))).body).toMatchObject({
        data: { status: 'PUBLISH_COMPLETE', uploaded_bytes: clip.facts.bytes },
      })
      expect(await truth(url)).toHaveLength(1)
    }))
})
