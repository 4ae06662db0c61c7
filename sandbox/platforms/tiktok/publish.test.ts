import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { login } from '../../testing/tiktok-login.ts'
import {
  api,
  fault,
  initFile,
  PUBLIC,
  signIn,
  status,
  truth,
} from '../../testing/tiktok-publish.ts'

const LIST = 'id,title,create_time,share_url,duration,video_description'

let files: FileHost
let clip: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  clip = await makeVideo()
})
afterAll(() => files.close())

describe('TikTok videos and photos by address', () => {
  test('a pulled video is there at once and listed', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const source_info = { source: 'PULL_FROM_URL', video_url: files.urlOf(clip) }
      const json = { post_info: PUBLIC, source_info }
      await fault(url, { step: 'publish', fault: 'drop_after_accept' })
      await expect(api(url, bearer, 'post/publish/video/init/', json)).rejects.toThrow()
      const { body } = await api(url, bearer, `video/list/?fields=${LIST}`, { max_count: 20 })
      expect(body).toMatchObject({
        data: { videos: [{ title: PUBLIC.title, duration: 6 }], has_more: false },
      })
      const id = pick(body, 'data', 'videos', 0, 'id')
      const query = { filters: { video_ids: [id, '7'] } }
      const found = await api(url, bearer, 'video/query/?fields=share_url', query)
      const share = pick(found.body, 'data', 'videos', 0, 'share_url')
      expect(share).toBe(`${url}/tiktok/@alice/video/${id}`)
      expect((await call(share)).headers.get('location')).toBe('/?platform=tiktok&account=alice')
      expect(await truth(url)).toMatchObject([{ platform_post_id: id, media: [clip.facts.sha256] }])
    }))

  test('what cannot be fetched fails later, an unverified host at once', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const init = (video_url: string) =>
        api(url, bearer, 'post/publish/video/init/', {
          post_info: PUBLIC,
          source_info: { source: 'PULL_FROM_URL', video_url },
        })
      // A redirect, which TikTok does not follow.
      const { body } = await init(`${url}/tiktok/@alice`)
      const failed = await status(url, bearer, pick(body, 'data', 'publish_id'))
      expect(failed.body).toMatchObject({
        data: { status: 'FAILED', fail_reason: 'video_pull_failed' },
      })
      const foreign = await init('https://media.example/clip.mp4')
      expect([foreign.status, pick(foreign.body, 'error', 'code')]).toEqual([
        403,
        'url_ownership_unverified',
      ])
    }))

  test('photos in their order, JPEG and WebP only', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const photos = [await makeImage(), await makeImage({ format: 'webp' })]
      const png = await makeImage({ format: 'png' })
      const init = (from: MediaFile[]) =>
        api(url, bearer, 'post/publish/content/init/', {
          post_mode: 'DIRECT_POST',
          media_type: 'PHOTO',
          post_info: { ...PUBLIC, description: 'Two pictures' },
          source_info: {
            source: 'PULL_FROM_URL',
            photo_images: from.map(files.urlOf),
            photo_cover_index: 0,
          },
        })
      const good = pick((await init(photos)).body, 'data', 'publish_id')
      expect(good).toMatch(/^p_pub_url~/)
      expect(await truth(url)).toMatchObject([
        { text: 'Two pictures', media: photos.map(({ facts }) => facts.sha256) },
      ])
      const bad = pick((await init([png])).body, 'data', 'publish_id')
      expect((await status(url, bearer, bad)).body).toMatchObject({
        data: { status: 'FAILED', fail_reason: 'file_format_check_failed' },
      })
      expect((await status(url, bearer, good)).body).toMatchObject({
        data: { status: 'PUBLISH_COMPLETE' },
      })
      expect(pick((await init([])).body, 'error', 'code')).toBe('invalid_param')
    }))

  test('an inbox draft has no post id', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const source_info = { source: 'PULL_FROM_URL', video_url: files.urlOf(clip) }
      const { body } = await api(url, bearer, 'post/publish/inbox/video/init/', { source_info })
      const id = pick(body, 'data', 'publish_id')
      expect(id).toMatch(/^v_inbox_url~/)
      expect((await status(url, bearer, id)).body).toMatchObject({
        data: { status: 'SEND_TO_USER_INBOX', publicaly_available_post_id: [] },
      })
    }))
})

describe('TikTok rules of a creator', () => {
  test('the choices of a creator bind the post', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url, 'carol')
      const info = await api(url, bearer, 'post/publish/creator_info/query/', {})
      expect(info.body).toMatchObject({
        data: { creator_username: 'carol', duet_disabled: true, max_video_post_duration_sec: 60 },
      })
      const refused = await initFile(url, bearer, clip)
      expect([refused.status, pick(refused.body, 'error', 'code')]).toEqual([
        403,
        'privacy_level_option_mismatch',
      ])
    }))

  test('a private post completes without an id and is not listed', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const source_info = { source: 'PULL_FROM_URL', video_url: files.urlOf(clip) }
      const json = { post_info: { ...PUBLIC, privacy_level: 'SELF_ONLY' }, source_info }
      const { body } = await api(url, bearer, 'post/publish/video/init/', json)
      expect((await status(url, bearer, pick(body, 'data', 'publish_id'))).body).toMatchObject({
        data: { status: 'PUBLISH_COMPLETE', publicaly_available_post_id: [] },
      })
      const list = await api(url, bearer, `video/list/?fields=${LIST}`, {})
      expect(list.body).toMatchObject({ data: { videos: [] } })
    }))

  test('six inits a minute, fifteen posts a day', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const bearer = await signIn(url)
      const source_info = { source: 'PULL_FROM_URL', video_url: files.urlOf(clip) }
      const init = async () => {
        const json = { post_info: PUBLIC, source_info }
        const { body } = await api(url, bearer, 'post/publish/video/init/', json)
        return pick(body, 'error', 'code')
      }
      const codes: string[] = []
      for (let count = 0; count < 17; count++) {
        if (count > 6) clock.advance(60_000)
        codes.push(await init())
      }
      expect(codes.map((code, index) => (code === 'ok' ? 0 : `${index} ${code}`))).toEqual([
        ...Array(6).fill(0),
        '6 rate_limit_exceeded',
        ...Array(9).fill(0),
        '16 spam_risk_too_many_posts',
      ])
      const info = await api(url, bearer, 'post/publish/creator_info/query/', {})
      expect(pick(info.body, 'error', 'code')).toBe('spam_risk_too_many_posts')
    })
  })

  test('another token may not ask for the state, and an unknown id is none', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await initFile(url, await signIn(url), clip)
      const bob = await signIn(url, 'bob')
      const codeOf = async (id: string) => pick((await status(url, bob, id)).body, 'error', 'code')
      expect(await codeOf(pick(body, 'data', 'publish_id'))).toBe(
        'token_not_authorized_for_specified_publish_id',
      )
      expect(await codeOf('v_pub_file~v2-1.1')).toBe('invalid_publish_id')
    }))

  test('a missing scope is told as such', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: 'user.info.basic' })
      const refused = await initFile(url, access, clip)
      expect([refused.status, pick(refused.body, 'error', 'code')]).toEqual([
        401,
        'scope_not_authorized',
      ])
    }))
})
