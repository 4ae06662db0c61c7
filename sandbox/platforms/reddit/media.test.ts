import { beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage, makePdf, makeVideo } from '../../../test/support/media-files.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  fault,
  lease,
  refusals,
  SELF,
  send,
  signIn,
  store,
  submit,
  submitted,
  truth,
  uploaded,
} from '../../testing/reddit-submit.ts'

let photo: MediaFile
let clip: MediaFile

beforeAll(async () => {
  photo = await makeImage()
  clip = await makeVideo()
})

describe('Reddit media', () => {
  test('an image: lease, upload, and a post without an id in the answer', () =>
    withSandbox({}, async ({ url, state }) => {
      const bearer = await signIn(url)
      const leased = await lease(url, bearer)
      const { xml, status, at } = await store(leased, photo)
      expect([status, xml]).toEqual([
        201,
        expect.stringMatching(/<Location>http.*%2F.*<\/Location>/),
      ])
      expect(state.secrets.list()).toContain(
        Object(leased.body).args.fields.find(({ name }: { name: string }) => name === 'policy')
          .value,
      )
      const { text: _text, ...draft } = SELF
      await fault(url, { step: 'publish', fault: 'processing' })
      const made = await submit(url, bearer, { ...draft, kind: 'image', url: at })
      expect(Object(made.body).json.data).toEqual({
        user_submitted_page: `${url}/reddit/user/alice/submitted/`,
        websocket_url: expect.stringMatching(/^wss:/),
      })
      const seen: number[] = []
      for (let look = 0; look < 3; look++) seen.push((await submitted(url, bearer)).length)
      expect(seen).toEqual([0, 0, 1])
      expect(await truth(url)).toMatchObject([{ text: 'Hello', media: [photo.facts.sha256] }])
    }))

  test('a video needs a poster', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const video = await uploaded(url, bearer, clip)
      const draft = { sr: 'clarion_sandbox', kind: 'video', title: 'Moving', url: video }
      expect(refusals(await submit(url, bearer, draft))).toEqual([200, 'BAD_URL video_poster_url'])
      const video_poster_url = await uploaded(url, bearer, photo)
      expect(refusals(await submit(url, bearer, { ...draft, video_poster_url }))).toEqual([200])
      expect(await submitted(url, bearer)).toMatchObject([{ is_video: true }])
      expect(await truth(url)).toMatchObject([{ media: [clip.facts.sha256] }])
    }))

  test('what only calls itself an image never appears', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const at = await uploaded(url, bearer, makePdf(), 'image/png')
      expect(refusals(await submit(url, bearer, { ...SELF, kind: 'image', url: at }))).toEqual([
        200,
      ])
      expect(await submitted(url, bearer)).toEqual([])
      expect(await truth(url)).toEqual([])
    }))

  test('the storage reads no fields after the file, changes nothing and forgets after an hour', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const leased = await lease(url, await signIn(url))
      const early = await store(leased, photo, 'first')
      expect([early.status, early.xml]).toEqual([
        400,
        expect.stringContaining('order of the fields'),
      ])
      const changed = structuredClone(Object(leased.body))
      changed.args.fields.find(({ name }: { name: string }) => name === 'acl').value = 'public-read'
      const denied = await store({ ...leased, body: changed }, photo)
      expect([denied.status, denied.xml]).toEqual([403, expect.stringContaining('AccessDenied')])
      clock.advance(3_600_000)
      const late = await store(leased, photo)
      expect([late.status, late.xml]).toEqual([403, expect.stringContaining('Policy expired')])
    })
  })

  test('images above 20 MB and other types are refused', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const big = await makeVideo({ bytes: 21 * 1024 * 1024 })
      const { status, xml } = await store(await lease(url, bearer), big)
      expect([status, xml]).toEqual([400, expect.stringContaining('<MaxSizeAllowed>20971520<')])
      expect((await lease(url, bearer, 'image/webp')).status).toBe(400)
    }))

  test('a gallery of two to twenty own images has an id', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const ids: string[] = []
      const second = await makeImage()
      for (const file of [photo, second]) {
        const leased = await lease(url, bearer)
        await store(leased, file)
        ids.push(pick(leased.body, 'asset', 'asset_id'))
      }
      const gallery = (items: unknown[], caption = '') =>
        send(url, bearer, '/api/submit_gallery_post.json', {
          api_type: 'json',
          sr: 'clarion_sandbox',
          title: 'Two',
          items: items.map((media_id) => ({ media_id, caption, outbound_url: '' })),
        })
      expect(refusals(await gallery(ids.slice(1)))).toEqual([200, 'IMAGE_GALLERY_ITEMS items'])
      expect(refusals(await gallery(['a', 'b']))).toEqual([200, 'IMAGE_NOT_FOUND items'])
      expect(refusals(await gallery(ids, 'x'.repeat(181)))).toEqual([200, 'TOO_LONG items'])
      const made = await gallery(ids, 'x'.repeat(180))
      expect(pick(made.body, 'json', 'data', 'id')).toMatch(/^t3_/)
      expect(await submitted(url, bearer)).toMatchObject([{ is_gallery: true }])
      expect(await truth(url)).toMatchObject([{ media: [photo.facts.sha256, second.facts.sha256] }])
    }))

  test('a poll has two to six options and one to seven days', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const poll = (options: string[], duration: number) =>
        send(url, bearer, '/api/submit_poll_post', { ...SELF, options, duration })
      expect(refusals(await poll(['a'], 8))).toEqual([
        200,
        'INVALID_OPTION options',
        'INVALID_OPTION duration',
      ])
      expect(refusals(await poll(['a', 'b'], 7))).toEqual([200])
    }))
})

describe('Reddit faults', () => {
  test.each([
    [{ fault: 'rate_limit', retry_after_s: 120 }, 'RATELIMIT', /a break for 2 minutes/],
    [{ fault: 'rate_limit', retry_after_s: 1 }, 'RATELIMIT', /a break for 1 second before/],
    [{ fault: 'duplicate' }, 'ALREADY_SUB', /already been submitted/],
    [{ fault: 'refuse' }, 'SUBREDDIT_NOTALLOWED', /aren't allowed/],
  ])('%j at publish is in the body, under HTTP 200', (asked, code, words) =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      await fault(url, { step: 'publish', ...asked })
      const { status, body } = await submit(url, bearer, SELF)
      const [first] = Object(body).json.errors
      expect([status, first[0], first[1]]).toEqual([200, code, expect.stringMatching(words)])
      expect(await truth(url)).toEqual([])
    }),
  )

  test('a lost answer leaves a post that the listing finds', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      await fault(url, { step: 'publish', fault: 'drop_after_accept' })
      await expect(submit(url, bearer, SELF)).rejects.toThrow()
      expect(await submitted(url, bearer)).toMatchObject([{ title: SELF.title }])
    }))

  test('processing at lookup hides a media post, and no other', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const at = await uploaded(url, bearer, photo)
      await submit(url, bearer, { ...SELF, text: '', kind: 'image', url: at })
      await submit(url, bearer, SELF)
      await fault(url, { step: 'lookup', fault: 'processing' })
      const counts = [(await submitted(url, bearer)).length, (await submitted(url, bearer)).length]
      expect(counts).toEqual([1, 2])
    }))

  test('an upload knows its account by the key of its lease', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const { body } = await call(`${url}/_sandbox/accounts?platform=reddit`)
      const account_id = pick(body, 'data', 0, 'account_id')
      const leased = await lease(url, bearer)
      await fault(url, { step: 'upload', fault: 'status', status: 503, account_id })
      expect((await store(leased, photo)).status).toBe(503)
      expect((await store(leased, photo)).status).toBe(201)
    }))
})
