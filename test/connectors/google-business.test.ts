import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Access } from '../../platforms/call.ts'
import type { Accepted, Committed, Content } from '../../platforms/connector.ts'
import { makeImage } from '../support/media-files.ts'
import { coveredAccess } from './covered-access.ts'
import { contentOf, drive } from './drive.ts'
import { attemptOf, failureOf, type Harness, startHarness } from './harness.ts'

let google: Harness
let cafe: Access

beforeAll(async () => {
  google = await startHarness('google_business')
  cafe = await coveredAccess(google, { handle: 'alice' })
})
afterEach(() => google.clearFaults())
afterAll(() => google.close())

const publish = (content: Partial<Content>) =>
  drive(google.connector, contentOf(content), cafe, google.call)
const live = async (text: string) => (await google.livePosts()).filter((one) => one.text === text)
const commit = (text: string) => {
  const draft = google.draft(text)
  return { draft, made: google.connector.commit(draft, cafe, google.call) }
}
const confirm = (...args: Parameters<typeof attemptOf>) =>
  google.connector.confirm?.(attemptOf(...args), cafe, google.call)
const acceptedOf = (made: Accepted | Committed) => ('accepted' in made ? made.accepted : undefined)

const schedule = {
  start_date: '2030-12-01',
  start_time: '09:00',
  end_date: '2030-12-02',
  end_time: '17:00',
}

describe('publish', () => {
  test('an update with button and photo, looked up, deleted twice', async () => {
    const photo = await makeImage({ width: 2400, height: 1800 })
    google.files.add(photo)
    const call_to_action = { action_type: 'LEARN_MORE', url: 'https://clarion.example/' }
    const settings = { language_code: 'en', call_to_action }
    const { parts } = await publish({ text: 'Fresh buns 🥐', media: [photo.facts], settings })
    const [post] = parts
    if (!post) throw new Error('no post')
    expect(post.platformPostId).toMatch(new RegExp(`^${cafe.accountId}/localPosts/`))
    expect(await live('Fresh buns 🥐')).toMatchObject([
      { platform_post_id: post.platformPostId, media: [photo.facts.sha256] },
    ])
    const look = () => google.connector.lookup?.(post, cafe, google.call)
    expect(await look()).toMatchObject({ state: 'live' })
    await google.connector.remove?.(post, cafe, google.call)
    await google.connector.remove?.(post, cafe, google.call)
    expect(await look()).toEqual({ state: 'removed' })
    expect(await live('Fresh buns 🥐')).toEqual([])
  })

  test('an event and an offer', async () => {
    const event = { title: 'Open day', schedule }
    await publish({ text: 'Come in', settings: { topic_type: 'EVENT', event } })
    const offer = { coupon_code: 'BUN', terms_conditions: 'One each' }
    await publish({ text: 'Half price', settings: { topic_type: 'OFFER', event, offer } })
    expect(await live('Come in')).toHaveLength(1)
    expect(await live('Half price')).toHaveLength(1)
  })
})

describe('review', () => {
  test('a post in review is watched until it is live', async () => {
    await google.fault({ step: 'publish', fault: 'processing' })
    const { draft, made } = commit('in review')
    const accepted = acceptedOf(await made)
    if (accepted === undefined) throw new Error('live at once')
    await google.fault({ step: 'status', fault: 'processing' })
    expect(await confirm(draft, { accepted })).toMatchObject({ outcome: 'processing' })
    const post = { platformPostId: accepted.name }
    for (let looks = 0; looks < 10; looks++) {
      const seen = await confirm(draft, { accepted })
      if (seen?.outcome !== 'processing')
        return expect(seen).toMatchObject({ outcome: 'found', post })
    }
    throw new Error('still in review')
  })

  test('a post that review turns down is refused', async () => {
    await google.fault({ step: 'publish', fault: 'processing' })
    const { draft, made } = commit('turned down')
    const accepted = acceptedOf(await made)
    if (accepted === undefined) throw new Error('live at once')
    await google.fault({ step: 'status', fault: 'refuse' })
    const refused = { outcome: 'refused', code: 'google_business_post_rejected' }
    expect(await confirm(draft, { accepted })).toMatchObject(refused)
    expect(await confirm(draft, { accepted })).toMatchObject(refused)
  })
})

describe('failures', () => {
  test.each([
    [{ fault: 'rate_limit' }, { kind: 'rate_limited' }],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'status', status: 503 }, { kind: 'outcome_unknown' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown' }],
  ])('%j', async (fault, failure) => {
    await google.fault({ step: 'publish', ...fault })
    const { draft, made } = commit(`fails by ${fault.fault}`)
    expect(await failureOf(made)).toMatchObject(failure)
    expect(await live(draft.text)).toEqual([])
  })

  test('an ended token asks for a new one', async () => {
    const bob = await coveredAccess(google, { handle: 'bob' })
    const [row] = Object(
      await google.control('GET', '/_sandbox/accounts?platform=google_business'),
    ).data.filter(({ handle }: { handle: string }) => handle === 'bob')
    const expired = { platform: 'google_business', account_id: row.account_id }
    await google.control('POST', '/_sandbox/expire', expired)
    const made = google.connector.commit(google.draft('x'), bob, google.call)
    expect(await failureOf(made)).toMatchObject({ kind: 'auth_expired' })
  })
})

describe('a lost answer', () => {
  test('of a post that was taken is found', async () => {
    await google.fault({ step: 'publish', fault: 'drop_after_accept' })
    const { draft, made } = commit('lost but there')
    expect(await failureOf(made)).toMatchObject({ kind: 'outcome_unknown' })
    const [post] = await live(draft.text)
    const seen = await confirm(draft)
    expect(['found', 'processing']).toContain(seen?.outcome)
    expect(post).toBeDefined()
    const excludedPostIds = [post?.platform_post_id ?? '']
    expect(await confirm(draft, { excludedPostIds })).toEqual({ outcome: 'absent' })
  })

  test('of a post that was not taken is absent', async () => {
    await google.fault({ step: 'publish', fault: 'drop_before' })
    const { draft, made } = commit('never arrived')
    await failureOf(made)
    expect(await confirm(draft)).toEqual({ outcome: 'absent' })
  })
})
