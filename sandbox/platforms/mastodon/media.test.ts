import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import {
  type MediaFile,
  makeGif,
  makeImage,
  makePdf,
  makeVideo,
} from '../../../test/support/media-files.ts'
import { call, pick, withSandbox } from '../../testing/http.ts'
import { ownToken, publish } from '../../testing/mastodon-login.ts'

const SMALL = { width: 320, height: 240, durationMs: 1000, bytes: 30_000 }

async function upload(url: string, bearer: string, file: MediaFile, more: object = {}) {
  const body = new FormData()
  body.append('file', new Blob([new Uint8Array(await readFile(file.path))]), 'file')
  for (const [name, value] of Object.entries(more)) body.append(name, String(value))
  const reply = await call(`${url}/api/v2/media`, { bearer, body })
  return { ...reply, id: reply.status < 300 ? pick(reply.body, 'id') : '' }
}

function media(url: string, bearer: string, id: string, method = 'GET', json?: unknown) {
  return call(`${url}/api/v1/media/${id}`, { bearer, method, json })
}

async function fault(url: string, kind: string) {
  const json = { platform: 'mastodon', step: 'status', fault: kind, times: 1 }
  await call(`${url}/_sandbox/faults`, { json })
}

const picture = () => makeImage({ width: 60, height: 40 })

describe('media', () => {
  test('an image is ready at once, described, attached once, and then not found', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const file = await picture()
      const more = { description: 'A square', focus: '0.5,-0.5' }
      const { status, body, id, headers } = await upload(url, bearer, file, more)
      expect(status).toBe(200)
      expect(body).toMatchObject({
        type: 'image',
        description: 'A square',
        url: `${url}/_sandbox/media/${file.facts.sha256}`,
        meta: { original: { width: 60, height: 40 }, focus: { x: 0.5, y: -0.5 } },
      })
      expect(headers.get('x-ratelimit-limit')).toBe('30')
      const shown = await call(pick(body, 'url'))
      expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
      const edited = await media(url, bearer, id, 'PUT', { description: 'A rectangle' })
      expect(edited.body).toMatchObject({ id, description: 'A rectangle' })
      const made = await publish(url, bearer, { media_ids: [id] })
      expect(made.body).toMatchObject({
        media_attachments: [{ id, description: 'A rectangle' }],
      })
      expect((await media(url, bearer, id)).status).toBe(404)
      expect((await media(url, bearer, id, 'DELETE')).status).toBe(422)
      const again = await publish(url, bearer, { status: 'b', media_ids: [id] })
      expect([again.status, pick(again.body, 'error')]).toEqual([
        422,
        `Validation failed: Media ${id} could not be found`,
      ])
      const truth = await call(`${url}/_sandbox/posts?platform=mastodon`)
      expect(truth.body).toMatchObject({ data: [{ media: [file.facts.sha256] }] })
    }))

  test('a video is processed first; a status has to wait for it', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const { status, body, id } = await upload(url, bearer, await makeVideo(SMALL))
      expect([status, Object(body).url, Object(body).type]).toEqual([202, null, 'video'])
      const early = await publish(url, bearer, { media_ids: [id] })
      expect([early.status, pick(early.body, 'error')]).toEqual([
        422,
        expect.stringMatching(/have not finished processing/),
      ])
      await fault(url, 'processing')
      expect((await media(url, bearer, id)).status).toBe(206)
      expect((await media(url, bearer, id)).status).toBe(200)
      expect((await publish(url, bearer, { media_ids: [id] })).status).toBe(200)
    }))

  test('failed processing stays failed; what is free can be deleted', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const { id, body } = await upload(url, bearer, await makeGif())
      expect(body).toMatchObject({ type: 'gifv' })
      await fault(url, 'refuse')
      expect((await media(url, bearer, id)).status).toBe(422)
      expect((await media(url, bearer, id)).status).toBe(422)
      expect((await publish(url, bearer, { media_ids: [id] })).status).toBe(422)
      expect((await media(url, await ownToken(url, 1), id)).status).toBe(404)
      expect((await media(url, bearer, id, 'DELETE')).status).toBe(200)
      expect((await media(url, bearer, id)).status).toBe(404)
    }))

  test.each([
    ['a document', async () => makePdf(), {}, /content type is invalid/],
    [
      'a large video',
      () => makeVideo({ ...SMALL, width: 4000, height: 2500 }),
      {},
      /not supported/,
    ],
    ['a long description', picture, { description: 'a'.repeat(1501) }, /too long/],
    ['a focus outside', picture, { focus: '2,0' }, /Focus/],
  ])('refuses %s', (_name, make, more, reason) =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await upload(url, await ownToken(url), await make(), more)
      expect([status, pick(body, 'error')]).toEqual([422, expect.stringMatching(reason)])
    }),
  )

  test('refuses mixes, five files, and files with a poll', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const ids: string[] = []
      for (let count = 0; count < 5; count++) {
        ids.push((await upload(url, bearer, await picture())).id)
      }
      const video = (await upload(url, bearer, await makeVideo(SMALL))).id
      await media(url, bearer, video)
      const poll = { options: ['a', 'b'], expires_in: 600 }
      for (const [form, reason] of [
        [{ media_ids: ids }, /more than 4/],
        [{ media_ids: [ids[0], video] }, /already contains images/],
        [{ media_ids: [ids[0]], poll }, /more than 4/],
      ] as const) {
        const reply = await publish(url, bearer, { status: 'a', ...form })
        expect([reply.status, pick(reply.body, 'error')]).toEqual([
          422,
          expect.stringMatching(reason),
        ])
      }
      const four = await publish(url, bearer, { media_ids: ids.slice(0, 4).toReversed() })
      const shown = ids
        .slice(0, 4)
        .toReversed()
        .map((id) => ({ id }))
      expect(four.body).toMatchObject({ media_attachments: shown })
    }))

  test('thirty uploads in half an hour', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const file = await picture()
      for (let count = 0; count < 30; count++) await upload(url, bearer, file)
      const over = await upload(url, bearer, file)
      expect(over.status).toBe(429)
      expect(over.headers.get('x-ratelimit-reset')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    }))
})

describe('threads and quotes', () => {
  test('the context of a status, and how many replies and quotes it has', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const post = async (form: object) =>
        pick((await publish(url, bearer, { status: 'a', ...form })).body, 'id')
      const root = await post({})
      const middle = await post({ in_reply_to_id: root })
      const leaf = await post({ in_reply_to_id: middle })
      const { body } = await call(`${url}/api/v1/statuses/${middle}/context`)
      expect(body).toMatchObject({ ancestors: [{ id: root }], descendants: [{ id: leaf }] })
      const quote = await publish(url, bearer, {
        status: 'see',
        quoted_status_id: root,
        quote_approval_policy: 'nobody',
      })
      expect(quote.body).toMatchObject({
        quote: { state: 'accepted', quoted_status: { id: root } },
      })
      const list = await call(`${url}/api/v1/statuses?id[]=${root}&id[]=1`)
      expect(list.body).toMatchObject([{ id: root, replies_count: 1, quotes_count: 1 }])
      const hidden = await post({ visibility: 'private' })
      const foreign = { status: 'b', quoted_status_id: hidden }
      expect((await publish(url, await ownToken(url, 1), foreign)).status).toBe(404)
    }))
})
