import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { makeImage, makePdf } from '../../../test/support/media-files.ts'
import { accountIdOf } from '../../testing/google-login.ts'
import { call, newAccount, pick, withSandbox } from '../../testing/http.ts'
import {
  api,
  fault,
  PRIVATE,
  reasonOf,
  SNIPPET,
  signIn,
  truth,
  upload,
} from '../../testing/youtube-upload.ts'

describe('YouTube videos', () => {
  const statusOf = async (url: string, bearer: string, id: string) =>
    Object(await api(url, bearer, `videos?part=status,processingDetails&id=${id}`)).body.items[0]

  test('processing ends with the first look, or later by a fault', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      await fault(url, { step: 'publish', fault: 'processing' })
      const id = await upload(url, bearer)
      await fault(url, { step: 'status', fault: 'processing' })
      const seen: string[] = []
      for (let look = 0; look < 4; look++) {
        seen.push(pick(await statusOf(url, bearer, id), 'status', 'uploadStatus'))
      }
      expect(seen).toEqual([...Array(3).fill('uploaded'), 'processed'])
    }))

  test('what is no video fails, a twin is rejected, a fault fails for good', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const document = await upload(url, bearer, { file: makePdf() })
      expect(await statusOf(url, bearer, document)).toMatchObject({
        status: { uploadStatus: 'failed', failureReason: 'invalidFile' },
        processingDetails: { processingStatus: 'failed' },
      })
      const first = await upload(url, bearer)
      const second = await upload(url, bearer)
      expect(await statusOf(url, bearer, second)).toMatchObject({
        status: { uploadStatus: 'rejected', rejectionReason: 'duplicate' },
      })
      await fault(url, { step: 'status', fault: 'refuse' })
      for (let look = 0; look < 2; look++) {
        expect(await statusOf(url, bearer, first)).toMatchObject({
          status: { uploadStatus: 'failed', failureReason: 'codec' },
        })
      }
    }))

  test('list shows one’s own private videos, and no others', () =>
    withSandbox({}, async ({ url }) => {
      const [alice, bob] = [await signIn(url), await signIn(url, 'bob')]
      const id = await upload(url, alice, { status: PRIVATE })
      const count = async (bearer: string) =>
        Object(await api(url, bearer, `videos?part=snippet&id=${id},none`)).body.items.length
      expect([await count(alice), await count(bob)]).toEqual([1, 0])
      expect(reasonOf(await api(url, bob, 'videos?part=id'))).toEqual([
        400,
        'missingRequiredParameter',
      ])
    }))

  test('update replaces a part whole; delete is for the owner', () =>
    withSandbox({}, async ({ url }) => {
      const [alice, bob] = [await signIn(url), await signIn(url, 'bob')]
      const id = await upload(url, alice, { snippet: { ...SNIPPET, tags: ['one'] } })
      const update = (snippet: Record<string, unknown>) =>
        api(url, alice, 'videos?part=snippet', { method: 'PUT', json: { id, snippet } })
      expect(reasonOf(await update({ title: 'New' }))).toEqual([400, 'invalidCategoryId'])
      const { body } = await update({ title: 'New', categoryId: '24' })
      expect(body).toMatchObject({ snippet: { title: 'New', description: '' } })
      expect(body).not.toHaveProperty('snippet.tags')
      expect(await truth(url)).toMatchObject([{ text: 'New' }])
      const remove = (bearer: string) => api(url, bearer, `videos?id=${id}`, { method: 'DELETE' })
      expect(reasonOf(await remove(bob))).toEqual([403, 'forbidden'])
      expect((await remove(alice)).status).toBe(204)
      expect(reasonOf(await remove(alice))).toEqual([404, 'videoNotFound'])
      expect(await truth(url)).toMatchObject([{ deleted_at: expect.any(String) }])
    }))

  test('the playlist of uploads has the newest first, a page at a time', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const ids = [await upload(url, bearer), await upload(url, bearer, { status: PRIVATE })]
      const list = `UU${(await accountIdOf(url, 'youtube', 'alice')).slice(2)}`
      const page = (more = '') =>
        api(url, bearer, `playlistItems?part=snippet,status&playlistId=${list}&maxResults=1${more}`)
      const first = await page()
      expect(first.body).toMatchObject({
        items: [{ snippet: { resourceId: { videoId: ids[1] } }, status: PRIVATE }],
        pageInfo: { totalResults: 2 },
      })
      const next = await page(`&pageToken=${pick(first.body, 'nextPageToken')}`)
      expect(next.body).toMatchObject({ items: [{ snippet: { title: SNIPPET.title } }] })
      expect(next.body).not.toHaveProperty('nextPageToken')
      const none = await api(url, bearer, 'playlistItems?part=snippet&playlistId=UUnobody')
      expect(reasonOf(none)).toEqual([404, 'playlistNotFound'])
    }))

  test('permalinks lead to the channel', () =>
    withSandbox({}, async ({ url }) => {
      const id = await upload(url, await signIn(url))
      for (const path of [`watch?v=${id}`, `shorts/${id}`]) {
        const { headers } = await call(`${url}/youtube/${path}`)
        expect(headers.get('location')).toMatch(/^\/\?platform=youtube&account=UC/)
      }
    }))
})

describe('YouTube thumbnails', () => {
  const set = (url: string, bearer: string, id: string, body: Buffer, type = 'image/jpeg') =>
    fetch(`${url}/youtube/upload/youtube/v3/thumbnails/set?videoId=${id}&uploadType=media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': type },
      body: new Uint8Array(body),
    })

  test('JPEG and PNG up to 2 MB, raw or in two parts', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const bearer = await signIn(url)
      const id = await upload(url, bearer)
      const jpeg = readFileSync((await makeImage()).path)
      expect((await set(url, bearer, id, jpeg)).status).toBe(200)
      const parts = Buffer.concat([
        Buffer.from('--sep\r\nContent-Type: application/json\r\n\r\n{}\r\n--sep\r\n'),
        Buffer.from('Content-Type: image/jpeg\r\n\r\n'),
        jpeg,
        Buffer.from('\r\n--sep--\r\n'),
      ])
      expect((await set(url, bearer, id, parts, 'multipart/related; boundary=sep')).status).toBe(
        200,
      )
      const webp = readFileSync((await makeImage({ format: 'webp' })).path)
      const refusals = [
        await set(url, bearer, id, webp),
        await set(url, bearer, id, Buffer.concat([jpeg, Buffer.alloc(2 * 1024 * 1024)])),
        await set(url, bearer, id, Buffer.alloc(0)),
        await set(url, bearer, 'none', jpeg),
      ]
      const reasons = refusals.map(async (one) =>
        pick(await one.json(), 'error', 'errors', 0, 'reason'),
      )
      expect(await Promise.all(reasons)).toEqual([
        'imageFormatUnsupported',
        'failedPrecondition',
        'mediaBodyRequired',
        'videoNotFound',
      ])
    }))

  test('a channel without a phone number may not', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      await newAccount(sandbox, 'youtube', 'nophone')
      const bearer = await signIn(url, 'nophone')
      const id = await upload(url, bearer)
      const jpeg = readFileSync((await makeImage()).path)
      const refused = await set(url, bearer, id, jpeg)
      expect(refused.status).toBe(403)
      expect(await refused.json()).toMatchObject({
        error: { errors: [{ domain: 'youtube.thumbnail', reason: 'forbidden' }] },
      })
    }))
})

describe('YouTube comments', () => {
  const comment = (url: string, bearer: string, videoId: string, textOriginal: string) =>
    api(url, bearer, 'commentThreads?part=snippet', {
      json: { snippet: { videoId, topLevelComment: { snippet: { textOriginal } } } },
    })

  test('are kept apart from posts, listed and deleted', () =>
    withSandbox({}, async ({ url, state }) => {
      const bearer = await signIn(url)
      const id = await upload(url, bearer)
      const made = await comment(url, bearer, id, 'First!')
      const commentId = pick(made.body, 'snippet', 'topLevelComment', 'id')
      expect(state.comments.list()).toMatchObject([
        { platform_post_id: id, comment_id: commentId, text: 'First!', deleted_at: null },
      ])
      const list = () => api(url, bearer, `commentThreads?part=snippet&videoId=${id}`)
      expect(Object(await list()).body.items).toMatchObject([{ id: commentId }])
      const gone = await api(url, bearer, `comments?id=${commentId}`, { method: 'DELETE' })
      expect(gone.status).toBe(204)
      expect(Object(await list()).body.items).toEqual([])
      expect(await truth(url)).toHaveLength(1)
    }))

  test('not on videos for kids, nor without text or video', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const id = await upload(url, bearer, { status: { selfDeclaredMadeForKids: true } })
      expect(reasonOf(await comment(url, bearer, id, 'Hi'))).toEqual([403, 'commentsDisabled'])
      expect(reasonOf(await comment(url, bearer, 'none', 'Hi'))).toEqual([404, 'videoNotFound'])
      expect(reasonOf(await comment(url, bearer, id, ' '))).toEqual([400, 'commentTextRequired'])
    }))
})
