import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { makeGif, makeImage, makeVideo } from '../../../test/support/media-files.ts'
import { call, makeClock, pick, type Reply, withSandbox } from '../../testing/http.ts'
import { ALL_SCOPES, login, tweet } from '../../testing/x-login.ts'

const SCOPE = `${ALL_SCOPES} media.write`
const SMALL = { width: 320, height: 240, durationMs: 1000, bytes: 30_000 }

async function bytesOf(path: string) {
  return new Uint8Array(await readFile(path))
}

function uploadForm(url: string, bearer: string, fields: Record<string, string | Uint8Array>) {
  return formTo(`${url}/x/2/media/upload`, bearer, fields)
}

function formTo(address: string, bearer: string, fields: Record<string, string | Uint8Array>) {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') body.append(name, value)
    else body.append(name, new Blob([Uint8Array.from(value)]), 'file')
  }
  return call(address, { bearer, body })
}

async function image(url: string, bearer: string) {
  const { path, facts } = await makeImage({ width: 60, height: 40 })
  const media = await bytesOf(path)
  const reply = await uploadForm(url, bearer, { media, media_category: 'tweet_image' })
  return { reply, id: pick(reply.body, 'data', 'id'), facts }
}

interface Chunked {
  type: string
  category: string
  /** Bytes of each segment but the last. */
  size?: number
}

async function chunked(url: string, bearer: string, media: Uint8Array, how: Chunked) {
  const { type, category, size = 10_000 } = how
  const json = { media_type: type, total_bytes: media.length, media_category: category }
  const begun = await call(`${url}/x/2/media/upload/initialize`, { bearer, json })
  if (begun.status !== 200) return { id: '', end: begun }
  const id = pick(begun.body, 'data', 'id')
  const starts = Array.from({ length: Math.ceil(media.length / size) }, (_, at) => at * size)
  // Backwards, and the first one twice: neither the order nor a repetition matters.
  for (const start of [...starts.toReversed(), 0]) {
    const part = media.subarray(start, start + size)
    const address = `${url}/x/2/media/upload/${id}/append`
    await formTo(address, bearer, { segment_index: String(start / size), media: part })
  }
  return { id, end: await finalize(url, bearer, id) }
}

function finalize(url: string, bearer: string, id: string) {
  return call(`${url}/x/2/media/upload/${id}/finalize`, { bearer, json: {} })
}

function status(url: string, bearer: string, id: string) {
  return call(`${url}/x/2/media/upload?command=STATUS&media_id=${id}`, { bearer })
}

function refusedWith(reply: Reply, message: RegExp) {
  expect(reply.status).toBe(400)
  expect(pick(reply.body, 'errors', 0, 'message')).toMatch(message)
}

const withMedia = (...media_ids: string[]) => ({ text: 'Look', media: { media_ids } })

describe('one-shot upload', () => {
  test('a form or base64 becomes an image with alt text, shown in lookups', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const first = await image(url, access)
      expect(first.reply.body).toEqual({
        data: {
          id: first.id,
          media_key: `3_${first.id}`,
          size: first.facts.bytes,
          expires_after_secs: 86_400,
          image: { image_type: 'image/jpeg', w: 60, h: 40 },
        },
      })
      expect(first.reply.headers.get('x-rate-limit-limit')).toBe('500')
      const { path, facts } = await makeImage({ width: 50, height: 50, format: 'png' })
      const media = (await readFile(path)).toString('base64')
      const json = { media, media_category: 'tweet_image', media_type: 'image/png' }
      const second = await call(`${url}/x/2/media/upload`, { bearer: access, json })
      const id = pick(second.body, 'data', 'id')
      const alt = { id, metadata: { alt_text: { text: 'A square' } } }
      const described = await call(`${url}/x/2/media/metadata`, { bearer: access, json: alt })
      expect(described.body).toEqual({ data: { id, associated_metadata: alt.metadata } })
      const made = await tweet(url, access, withMedia(id, first.id))
      const tweetId = pick(made.body, 'data', 'id')
      expect(pick(made.body, 'data', 'text')).toMatch(/^Look https:\/\/t\.co\/\w{10}$/)
      const query =
        'expansions=attachments.media_keys&media.fields=alt_text,width,type&tweet.fields=attachments,entities'
      const seen = await call(`${url}/x/2/tweets/${tweetId}?${query}`, { bearer: access })
      const expanded = `https://x.com/alice/status/${tweetId}/photo/1`
      expect(seen.body).toMatchObject({
        data: {
          attachments: { media_keys: [`3_${id}`, `3_${first.id}`] },
          entities: {
            urls: [{ expanded_url: expanded, start: 5, end: 28 }, { media_key: `3_${first.id}` }],
          },
        },
        includes: { media: [{ alt_text: 'A square', width: 50, type: 'photo' }, { width: 60 }] },
      })
      const truth = await call(`${url}/_sandbox/posts?platform=x`)
      expect(truth.body).toMatchObject({
        data: [{ text: 'Look', media: [facts.sha256, first.facts.sha256] }],
      })
    }))

  test('refuses what it does not take', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const media = await bytesOf((await makeImage()).path)
      const send = (fields: Record<string, string | Uint8Array>) => uploadForm(url, access, fields)
      refusedWith(await send({ media }), /media_category/)
      refusedWith(await send({ media, media_category: 'tweet_video' }), /media_category/)
      refusedWith(await send({ media_category: 'tweet_image' }), /media/)
      const text = new Uint8Array([1, 2, 3])
      refusedWith(await send({ media: text, media_category: 'tweet_image' }), /Unsupported/)
      const cut = media.subarray(0, 300)
      refusedWith(await send({ media: cut, media_category: 'tweet_image' }), /Unsupported/)
      const large = new Uint8Array(5 * 1024 * 1024 + 1)
      large.set(media)
      refusedWith(await send({ media: large, media_category: 'tweet_image' }), /exceeds/)
      const plain = await login(url)
      const denied = await uploadForm(url, plain.access, { media, media_category: 'tweet_image' })
      expect(denied.status).toBe(403)
      const long = { id: '1', metadata: { alt_text: { text: 'a'.repeat(1001) } } }
      refusedWith(
        await call(`${url}/x/2/media/metadata`, { bearer: access, json: long }),
        /alt_text/,
      )
    }))
})

describe('chunked upload', () => {
  test('a video is processed, then shown', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const { path, facts } = await makeVideo(SMALL)
      const how = { type: 'video/mp4', category: 'tweet_video' }
      const { id, end } = await chunked(url, access, await bytesOf(path), how)
      expect(end.body).toMatchObject({
        data: {
          media_key: `7_${id}`,
          size: facts.bytes,
          processing_info: { state: 'pending', check_after_secs: 1 },
        },
      })
      refusedWith(await tweet(url, access, withMedia(id)), /^Your media IDs are invalid\.$/)
      const done = await status(url, access, id)
      expect(done.body).toMatchObject({ data: { processing_info: { state: 'succeeded' } } })
      const made = await tweet(url, access, withMedia(id))
      expect(made.status).toBe(201)
      const truth = await call(`${url}/_sandbox/posts?platform=x`)
      expect(truth.body).toMatchObject({ data: [{ media: [facts.sha256] }] })
    }))

  test('slow and failed processing by faults, and by the file itself', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const how = { type: 'video/mp4', category: 'tweet_video' }
      const state = async (id: string) =>
        pick((await status(url, access, id)).body, 'data', 'processing_info', 'state')
      const good = await chunked(url, access, await bytesOf((await makeVideo(SMALL)).path), how)
      for (const fault of ['processing', 'refuse']) {
        await call(`${url}/_sandbox/faults`, {
          json: { platform: 'x', step: 'status', fault, times: 1 },
        })
      }
      expect([await state(good.id), await state(good.id), await state(good.id)]).toEqual([
        'in_progress',
        'failed',
        'failed',
      ])
      for (const wrong of [
        { ...SMALL, width: 1920, height: 1080 },
        { ...SMALL, durationMs: 141_000, frameRate: 1 },
        { ...SMALL, width: 40, height: 400 },
      ]) {
        const bytes = await bytesOf((await makeVideo(wrong)).path)
        const { id } = await chunked(url, access, bytes, how)
        expect(await state(id)).toBe('failed')
        refusedWith(await tweet(url, access, withMedia(id)), /media IDs/)
      }
    }))

  test('announced type and size are checked, and segments must add up', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const begin = (json: unknown) =>
        call(`${url}/x/2/media/upload/initialize`, { bearer: access, json })
      const video = { media_type: 'video/mp4', media_category: 'tweet_video', total_bytes: 10 }
      refusedWith(await begin({ ...video, media_type: 'video/webm' }), /unrecognized/)
      refusedWith(await begin({ ...video, total_bytes: 512 * 1024 * 1024 + 1 }), /exceeds/)
      refusedWith(await begin({ ...video, colour: 1 }), /./)
      const id = pick((await begin(video)).body, 'data', 'id')
      const append = (segment_index: string, media: Uint8Array) =>
        formTo(`${url}/x/2/media/upload/${id}/append`, access, { segment_index, media })
      const five = new Uint8Array(5)
      expect((await append('0', five)).body).toEqual({ data: { expires_at: expect.any(Number) } })
      refusedWith(await append('1000', five), /segment_index/)
      refusedWith(await append('1', new Uint8Array(5 * 1024 * 1024 + 1)), /exceeds/)
      await append('2', five)
      refusedWith(await finalize(url, access, id), /do not add up/)
      const bare = await call(`${url}/x/2/media/upload/${id}/finalize`, {
        bearer: access,
        method: 'POST',
      })
      refusedWith(bare, /do not add up/)
      const bob = await login(url, { scope: SCOPE, sandbox_account: 'bob' })
      refusedWith(await finalize(url, bob.access, id), /Not found/)
    }))

  test('commands of the older form do the same', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const { path, facts } = await makeGif()
      const media = await bytesOf(path)
      const send = (fields: Record<string, string | Uint8Array>) => uploadForm(url, access, fields)
      const category = { media_type: 'image/gif', media_category: 'tweet_gif' }
      const begun = await send({ command: 'INIT', total_bytes: `${media.length}`, ...category })
      const media_id = pick(begun.body, 'data', 'id')
      const added = await send({ command: 'APPEND', media_id, segment_index: '0', media })
      expect(added.status).toBe(204)
      const end = await send({ command: 'FINALIZE', media_id })
      expect(end.body).toMatchObject({ data: { media_key: `16_${media_id}`, size: facts.bytes } })
      expect((await status(url, access, media_id)).status).toBe(200)
      expect((await tweet(url, access, withMedia(media_id))).status).toBe(201)
    }))
})

describe('posts with media', () => {
  test('only own, living, unmixed media', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const alice = await login(url, { scope: SCOPE })
      const bob = await login(url, { scope: SCOPE, sandbox_account: 'bob' })
      const { id, reply } = await image(url, alice.access)
      expect(reply.status).toBe(200)
      refusedWith(await tweet(url, bob.access, withMedia(id)), /media IDs/)
      refusedWith(await tweet(url, alice.access, withMedia(id, id)), /media IDs/)
      const gif = await bytesOf((await makeGif()).path)
      const how = { type: 'image/gif', category: 'tweet_gif' }
      const animated = await chunked(url, alice.access, gif, how)
      await status(url, alice.access, animated.id)
      refusedWith(await tweet(url, alice.access, withMedia(id, animated.id)), /4 photos/)
      const both = { ...withMedia(id), poll: { options: ['a', 'b'], duration_minutes: 60 } }
      refusedWith(await tweet(url, alice.access, both), /mutually exclusive/)
      clock.advance(86_400_000)
      const later = await login(url, { scope: SCOPE })
      refusedWith(await tweet(url, later.access, withMedia(id)), /media IDs/)
    })
  })

  test('the same text is a duplicate only with the same file', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const one = await image(url, access)
      const other = await image(url, access)
      expect((await tweet(url, access, withMedia(one.id))).status).toBe(201)
      expect((await tweet(url, access, withMedia(other.id))).status).toBe(201)
      expect((await tweet(url, access, withMedia(one.id))).status).toBe(403)
    }))

  test('polls and threads are shown, an edit is refused', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: SCOPE })
      const poll = { options: ['yes', 'no'], duration_minutes: 60 }
      const id = pick((await tweet(url, access, { text: 'Well?', poll })).body, 'data', 'id')
      const reply = { text: 'more', reply: { in_reply_to_tweet_id: id } }
      expect((await tweet(url, access, reply)).status).toBe(201)
      const query =
        'expansions=attachments.poll_ids,author_id&tweet.fields=attachments,public_metrics'
      const seen = await call(`${url}/x/2/tweets?ids=${id}&${query}`, { bearer: access })
      expect(seen.body).toMatchObject({
        data: [
          { attachments: { poll_ids: [expect.any(String)] }, public_metrics: { reply_count: 1 } },
        ],
        includes: {
          polls: [{ options: [{ position: 1, label: 'yes' }, {}] }],
          users: [{ username: 'alice' }],
        },
      })
      const edit = { text: 'Well, well', edit_options: { previous_post_id: id } }
      expect((await tweet(url, access, edit)).status).toBe(403)
    }))
})
