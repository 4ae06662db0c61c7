import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeGif, makeImage } from '../../../test/support/media-files.ts'
import { type FileHost, startFileHost } from '../../testing/file-host.ts'
import { login } from '../../testing/google-login.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const PLAIN = { languageCode: 'en', summary: 'Fresh bread', topicType: 'STANDARD' }
const SCHEDULE = {
  startDate: { year: 2999, month: 1, day: 2 },
  startTime: { hours: 9, minutes: 0 },
  endDate: { year: 2999, month: 1, day: 3 },
  endTime: { hours: 18, minutes: 0 },
}

let files: FileHost
let photo: MediaFile

beforeAll(async () => {
  files = await startFileHost()
  photo = await makeImage({ width: 2000, height: 1500 })
})
afterAll(() => files.close())

/** A person, and calls below their first location, `accounts/…/locations/…`. */
async function merchant(url: string, handle = 'bob', location = 0) {
  const { access } = await login(url, 'google_business', { sandbox_account: handle })
  const { body } = await call(`${url}/_sandbox/accounts?platform=google_business`)
  const rows: unknown[] = Object.values(Object(body).data)
  const row = rows.find((one) => pick(one, 'handle') === handle)
  const parent = pick(row, 'credentials', 'locations').split(',')[location] ?? ''
  const at = (path: string, options = {}) =>
    call(`${url}/google_business/v4/${path}`, { bearer: access, ...options })
  const create = (json: Record<string, unknown>) => at(`${parent}/localPosts`, { json })
  return { parent, at, create }
}

const fieldOf = ({ body }: { body: unknown }) =>
  pick(body, 'error', 'details', 0, 'fieldViolations', 0, 'field')

const truth = async (url: string) =>
  Object(await call(`${url}/_sandbox/posts?platform=google_business`)).body.data

const fault = (url: string, json: Record<string, unknown>) =>
  call(`${url}/_sandbox/faults`, { json: { platform: 'google_business', times: 1, ...json } })

describe('Google Business posts', () => {
  test('a post is processed first, live with the next look, and has its address then', () =>
    withSandbox({}, async ({ url }) => {
      const { parent, at, create } = await merchant(url)
      const media = [{ mediaFormat: 'PHOTO', sourceUrl: files.urlOf(photo) }]
      const callToAction = { actionType: 'SHOP', url: 'https://example.com/bread' }
      const made = await create({ ...PLAIN, media, callToAction })
      expect(made.body).toMatchObject({ ...PLAIN, callToAction, state: 'PROCESSING' })
      expect(made.body).not.toHaveProperty('searchUrl')
      const name = pick(made.body, 'name')
      expect(name).toMatch(new RegExp(`^${parent}/localPosts/\\d{19}$`))
      const live = await at(name)
      expect(live.body).toMatchObject({ state: 'LIVE', media: [{ mediaFormat: 'PHOTO' }] })
      const visit = await call(pick(live.body, 'searchUrl'))
      expect(visit.headers.get('location')).toMatch(/^\/\?platform=google_business&account=\d+$/)
      expect(await truth(url)).toMatchObject([
        { platform_post_id: name, text: PLAIN.summary, media: [photo.facts.sha256] },
      ])
    }))

  test('processing and refuse at status; REJECTED stays and gives no reason', () =>
    withSandbox({}, async ({ url }) => {
      const { at, create } = await merchant(url)
      const name = pick((await create(PLAIN)).body, 'name')
      await fault(url, { step: 'status', fault: 'processing' })
      await fault(url, { step: 'status', fault: 'refuse' })
      const seen: string[] = []
      for (let look = 0; look < 3; look++) seen.push(pick((await at(name)).body, 'state'))
      expect(seen).toEqual(['PROCESSING', 'REJECTED', 'REJECTED'])
      expect(await truth(url)).toMatchObject([{ deleted_at: expect.any(String) }])
    }))

  test.each([
    ['said twice', PLAIN, PLAIN],
    ['a phone number', { ...PLAIN, summary: 'Call +49 30 1234567' }, undefined],
  ])('%s is taken and rejected later', (_name, first, second) =>
    withSandbox({}, async ({ url }) => {
      const { at, create } = await merchant(url)
      let made = await create(first)
      if (second !== undefined) made = await create(second)
      expect(made.status).toBe(200)
      expect((await at(pick(made.body, 'name'))).body).toMatchObject({ state: 'REJECTED' })
    }),
  )

  test('list has the newest first, a page at a time, and settles as well', () =>
    withSandbox({}, async ({ url }) => {
      const { parent, at, create } = await merchant(url)
      expect((await at(`${parent}/localPosts`)).body).toEqual({})
      for (const summary of ['One', 'Two']) await create({ ...PLAIN, summary })
      const first = await at(`${parent}/localPosts?pageSize=1`)
      expect(first.body).toMatchObject({ localPosts: [{ summary: 'Two', state: 'LIVE' }] })
      const token = pick(first.body, 'nextPageToken')
      const next = await at(`${parent}/localPosts?pageSize=1&pageToken=${token}`)
      expect(next.body).toMatchObject({ localPosts: [{ summary: 'One' }] })
    }))

  test('an update needs its mask and is moderated again; delete is final', () =>
    withSandbox({}, async ({ url }) => {
      const { at, create } = await merchant(url)
      const name = pick((await create(PLAIN)).body, 'name')
      await at(name)
      const json = { summary: 'Fresh rolls' }
      expect(fieldOf(await at(name, { method: 'PATCH', json }))).toBe('update_mask')
      const changed = await at(`${name}?updateMask=summary`, { method: 'PATCH', json })
      expect(changed.body).toMatchObject({ ...json, state: 'PROCESSING' })
      expect(await truth(url)).toMatchObject([{ text: 'Fresh rolls' }])
      const gone = await at(name, { method: 'DELETE' })
      expect([gone.status, gone.body]).toEqual([200, {}])
      expect((await at(name)).body).toMatchObject({ error: { status: 'NOT_FOUND' } })
      expect((await at(name, { method: 'DELETE' })).status).toBe(404)
    }))

  test('a post for later is scheduled until then', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { at, create } = await merchant(url)
      const made = await create({ ...PLAIN, scheduledTime: '2026-12-01T09:30:00Z' })
      const name = pick(made.body, 'name')
      expect((await at(name)).body).toMatchObject({ state: 'SCHEDULED' })
      clock.advance(30 * 60_000)
      expect((await at(name)).body).toMatchObject({ state: 'LIVE' })
    })
  })
})

describe('Google Business refusals', () => {
  const event = { title: 'Open day', schedule: SCHEDULE }
  test.each<[string, Record<string, unknown>]>([
    ['local_post', { headline: 'x' }],
    ['local_post.topic_type', { topicType: 'TOPIC' }],
    ['local_post.summary', { summary: undefined }],
    ['local_post.summary', { summary: 'x'.repeat(1501) }],
    ['local_post.language_code', { languageCode: '!' }],
    ['local_post.event', { topicType: 'OFFER' }],
    ['local_post.event', { event }],
    ['local_post.event.title', { topicType: 'EVENT', event: { schedule: SCHEDULE } }],
    [
      'local_post.event.schedule.end_time',
      { topicType: 'EVENT', event: { ...event, schedule: { ...SCHEDULE, endTime: undefined } } },
    ],
    [
      'local_post.event.schedule',
      {
        topicType: 'EVENT',
        event: { ...event, schedule: { ...SCHEDULE, endDate: { year: 2998, month: 1, day: 1 } } },
      },
    ],
    ['local_post.offer', { offer: { couponCode: 'X' } }],
    ['local_post.call_to_action.action_type', { callToAction: { actionType: 'GET_OFFER' } }],
    ['local_post.call_to_action.url', { callToAction: { actionType: 'BOOK' } }],
    [
      'local_post.call_to_action.url',
      { callToAction: { actionType: 'CALL', url: 'https://example.com/' } },
    ],
    ['local_post.scheduled_time', { scheduledTime: '2020-01-01T00:00:00Z' }],
    ['local_post.media[0].media_format', { media: [{ sourceUrl: 'https://example.com/a.jpg' }] }],
    ['local_post.media[0].source_url', { media: [{ mediaFormat: 'PHOTO' }] }],
  ])('%s for %j', (field, changes) =>
    withSandbox({}, async ({ url }) => {
      const { create } = await merchant(url)
      const refused = await create({ ...PLAIN, ...changes })
      expect([refused.status, fieldOf(refused)]).toEqual([400, field])
      expect(await truth(url)).toEqual([])
    }),
  )

  test('events and offers with all they need are taken', () =>
    withSandbox({}, async ({ url }) => {
      const { create } = await merchant(url)
      const offer = {
        couponCode: 'TEN',
        redeemOnlineUrl: 'https://example.com/',
        termsConditions: '',
      }
      const made = await create({ topicType: 'OFFER', event, offer })
      expect(made.body).toMatchObject({ topicType: 'OFFER', event, offer })
      expect((await create({ ...PLAIN, topicType: 'EVENT', event })).status).toBe(200)
    }))

  test('photos: type, frames, bytes, sides, and one that is not there', () =>
    withSandbox({}, async ({ url }) => {
      const { create } = await merchant(url)
      const webp = await makeImage({ width: 2000, height: 1500, format: 'webp' })
      const small = await makeImage({ width: 240, height: 4000 })
      const tiny = await makeImage({ width: 300, height: 300 })
      const gif = await makeGif()
      const words: string[] = []
      const urls = [...[webp, gif, tiny, small].map(files.urlOf), `${url}/google_business/none`]
      for (const sourceUrl of urls) {
        const media = [{ mediaFormat: 'PHOTO', sourceUrl }]
        const { body } = await create({ ...PLAIN, media })
        words.push(pick(body, 'error', 'details', 0, 'fieldViolations', 0, 'description'))
      }
      expect(words).toEqual([
        'Image format is not supported.',
        'Multiframe images not supported.',
        'Image is too small in bytes.',
        expect.stringMatching(/250x250/),
        'Fetching image failed.',
      ])
    }))

  test('no voice of merchant, no posts; another account of the same person is none', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await merchant(url, 'alice', 2)
      expect((await alice.create(PLAIN)).body).toMatchObject({
        error: { code: 403, status: 'PERMISSION_DENIED' },
      })
      const [first, last] = [await merchant(url, 'alice', 0), await merchant(url, 'alice', 3)]
      const location = first.parent.split('/locations/')[1]
      const account = last.parent.split('/locations/')[0]
      const wrong = await first.at(`${account}/locations/${location}/localPosts`, { json: PLAIN })
      expect(wrong.body).toMatchObject({ error: { status: 'NOT_FOUND' } })
    }))

  test('a path without the account is an HTML page', () =>
    withSandbox({}, async ({ url }) => {
      const { parent, at } = await merchant(url)
      const path = `locations/${parent.split('/locations/')[1]}/localPosts`
      const { status, headers } = await at(path, { json: PLAIN })
      expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    }))

  test('ten edits a minute for a profile', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { create } = await merchant(url)
      for (let count = 0; count < 10; count++) {
        expect((await create({ ...PLAIN, summary: `No. ${count}` })).status).toBe(200)
      }
      const over = await create({ ...PLAIN, summary: 'One more' })
      expect([over.status, pick(over.body, 'error', 'status')]).toEqual([429, 'RESOURCE_EXHAUSTED'])
      clock.advance(60_000)
      expect((await create({ ...PLAIN, summary: 'One more' })).status).toBe(200)
    })
  })

  test('a lost answer leaves a post that the list finds', () =>
    withSandbox({}, async ({ url }) => {
      const { parent, at, create } = await merchant(url)
      await fault(url, { step: 'publish', fault: 'drop_after_accept' })
      await expect(create(PLAIN)).rejects.toThrow()
      expect((await at(`${parent}/localPosts`)).body).toMatchObject({ localPosts: [PLAIN] })
      await fault(url, { step: 'publish', fault: 'refuse' })
      expect(fieldOf(await create(PLAIN))).toBe('local_post.summary')
    }))
})
