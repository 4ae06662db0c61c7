import type { LookupFunction } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { leaseDeliveries } from '../../db/repositories/webhook-deliveries.ts'
import { replayDelivery, rotateEndpointSecret } from '../../db/repositories/webhook-endpoints.ts'
import { FAILING_LIMIT_MS, RETRY_DELAYS_MS } from '../../domain/webhook-schedule.ts'
import { attemptDelivery, type DeliveryDeps } from '../../worker/webhook-delivery.ts'
import { makeWebhookPost, type WebhookPost } from '../../worker/webhook-post.ts'
import { deliverDue, startWebhookSender, type WebhookSender } from '../../worker/webhook-sender.ts'
import { makeTeam } from '../db/rows.ts'
import type { Row } from '../db/sessions.ts'
import { isSignedBy, type Receiver, startReceiver } from './webhook-receiver.ts'
import {
  addEndpoint,
  sealSecret,
  tell,
  type WebhookSetting,
  webhookSetting,
} from './webhook-setting.ts'

let setting: WebhookSetting
let receiver: Receiver
let other: Receiver
let post: WebhookPost
let warned: string[]
let sender: WebhookSender | undefined

beforeAll(async () => {
  setting = await webhookSetting()
})
afterAll(() => setting.close())
beforeEach(async () => {
  await setting.owner.rows('delete from webhook_endpoints')
  await setting.owner.rows('delete from webhook_events')
  setting.team = await makeTeam(setting.db)
  ;[receiver, other] = await Promise.all([startReceiver(), startReceiver()])
  post = makeWebhookPost({ allowedPrivateHosts: [receiver.host, other.host] })
  warned = []
})
afterEach(async () => {
  // Cut first: a receiver that hangs would keep the sender waiting.
  receiver.cut()
  await sender?.stop()
  sender = undefined
  await post.close()
  await Promise.all([receiver.close(), other.close()])
})

function deps(changed: Partial<DeliveryDeps> = {}): DeliveryDeps {
  const warn = (_: object, message: string) => warned.push(message)
  const log = { info: warn, warn, error: warn }
  const { db, cipher, clock } = setting
  return { db, cipher, post, log, now: () => clock.ms, random: () => 0, ...changed }
}

async function delivery(): Promise<Row | undefined> {
  const [row] = await setting.owner.rows('select * from webhook_deliveries')
  return row
}

async function endpoint(id: string): Promise<Row | undefined> {
  const [row] = await setting.owner.rows('select * from webhook_endpoints where id = ?', [id])
  return row
}

describe('a delivery', () => {
  test('is signed, has the shape of Standard Webhooks, and comes once', async () => {
    const { secret } = await addEndpoint(setting, receiver.url)
    await tell(setting, { post_id: '1' })
    expect(await deliverDue(deps())).toBe(1)
    expect(await deliverDue(deps())).toBe(0)
    const [got, ...more] = receiver.received
    if (got === undefined) throw new Error('nothing came')
    expect(more).toEqual([])
    expect(isSignedBy(secret, got)).toBe(true)
    const row = await delivery()
    expect(JSON.parse(got.body)).toEqual({
      id: `msg_${row?.event_id}`,
      type: 'post.published',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      seq: 1,
      data: { post_id: '1' },
    })
    expect(got.headers).toMatchObject({
      'webhook-id': `msg_${row?.event_id}`,
      'webhook-timestamp': String(setting.clock.ms / 1000),
      'content-type': 'application/json',
    })
    expect(row).toMatchObject({ state: 'delivered', attempts: 1, last_status: 204 })
  })

  test('goes to those endpoints that ask for its type', async () => {
    await addEndpoint(setting, receiver.url, { events: ['post.failed'] })
    await addEndpoint(setting, other.url, { events: ['post.published', 'post.failed'] })
    await tell(setting)
    await tell(setting, {}, 'post.failed')
    expect(await deliverDue(deps())).toBe(3)
    expect([receiver.received.length, other.received.length]).toEqual([1, 2])
  })

  test('is taken by its status, however long the answer is', async () => {
    await addEndpoint(setting, receiver.url)
    receiver.answer((response) => response.writeHead(200).end('x'.repeat(200_000)))
    await tell(setting)
    await deliverDue(deps())
    expect(await delivery()).toMatchObject({ state: 'delivered', last_status: 200 })
  })

  test('is tried again as the schedule says, ten times in all', async () => {
    const { id } = await addEndpoint(setting, receiver.url)
    receiver.answer(503)
    await tell(setting)
    expect(await deliverDue(deps())).toBe(1)
    for (const delayMs of RETRY_DELAYS_MS) {
      setting.clock.ms += delayMs - 1
      expect(await deliverDue(deps())).toBe(0)
      setting.clock.ms += 1
      expect(await deliverDue(deps())).toBe(1)
    }
    setting.clock.ms += FAILING_LIMIT_MS
    expect(await deliverDue(deps())).toBe(0)
    expect(await delivery()).toMatchObject({
      ...{ state: 'failed', attempts: 10, failed_attempts: 10, next_attempt_at: null },
      ...{ last_status: 503, last_error: 'The receiver answered 503.' },
    })
    const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size]).toEqual([10, 1])
    expect(await endpoint(id)).toMatchObject({ is_active: true, consecutive_failures: 10 })
  })

  test('that was taken at last ends the row of failures', async () => {
    const { id } = await addEndpoint(setting, receiver.url)
    receiver.answer(500)
    await tell(setting)
    await deliverDue(deps())
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: 1 })
    receiver.answer(200)
    setting.clock.ms += RETRY_DELAYS_MS[0] ?? 0
    await deliverDue(deps())
    expect(await delivery()).toMatchObject({ state: 'delivered', last_error: null, attempts: 2 })
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: 0, failing_since: null })
  })

  test('replayed, begins anew with the same message', async () => {
    await addEndpoint(setting, receiver.url)
    await tell(setting)
    await deliverDue(deps())
    const id = String((await delivery())?.id)
    const now = new Date(setting.clock.ms)
    await setting.db.withTenant(setting.team.tenantId, (em) => replayDelivery(em, id, now))
    expect(await deliverDue(deps())).toBe(1)
    const [first, second] = receiver.received
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(await delivery()).toMatchObject({ state: 'delivered', attempts: 2 })
  })
})

describe('a receiver', () => {
  test('that does not answer in time is told so', async () => {
    await addEndpoint(setting, receiver.url)
    receiver.answer(() => undefined)
    await tell(setting)
    const hasty = makeWebhookPost({ allowedPrivateHosts: [receiver.host], timeoutMs: 50 })
    await deliverDue(deps({ post: hasty }))
    await hasty.close()
    expect(await delivery()).toMatchObject({
      ...{ state: 'pending', last_status: null },
      last_error: 'The receiver did not answer within 0.05 s.',
    })
  })

  test('that is not there is told by the code of the system', async () => {
    await addEndpoint(setting, receiver.url)
    await receiver.close()
    await tell(setting)
    await deliverDue(deps())
    const words = 'The receiver could not be reached (ECONNREFUSED).'
    expect(await delivery()).toMatchObject({ state: 'pending', last_error: words })
  })

  test('that leads elsewhere is not followed', async () => {
    await addEndpoint(setting, receiver.url)
    receiver.answer((response) => response.writeHead(302, { location: other.url }).end())
    await tell(setting)
    await deliverDue(deps())
    expect(await delivery()).toMatchObject({ state: 'pending', last_status: 302 })
    expect(other.received).toEqual([])
  })

  test.each([
    ['an address of a private network', () => receiver.url],
    ['http', () => 'http://hooks.example/in'],
    ['a name that leads into a private network', () => 'https://inside.example/in'],
  ])('behind %s gets nothing', async (_, url) => {
    await addEndpoint(setting, url())
    await tell(setting)
    const lookup: LookupFunction = (_host, _options, found) =>
      found(null, [{ address: '127.0.0.1', family: 4 }])
    const strict = makeWebhookPost({ allowedPrivateHosts: [], lookup })
    await deliverDue(deps({ post: strict }))
    await strict.close()
    expect(await delivery()).toMatchObject({
      ...{ state: 'pending', last_status: null },
      last_error: expect.stringContaining('nothing was sent'),
    })
    expect(receiver.received).toEqual([])
  })

  test('that answers 410 is switched off; what waits for it waits', async () => {
    const { id } = await addEndpoint(setting, receiver.url)
    receiver.answer(500)
    await tell(setting, { which: 'waits' })
    await deliverDue(deps())
    receiver.answer(410)
    await tell(setting, { which: 'is refused' })
    await deliverDue(deps())
    const states = `select state, last_status from webhook_deliveries order by state`
    const [refused, waiting] = await setting.owner.rows(states)
    expect(refused).toEqual({ state: 'failed', last_status: 410 })
    expect(await endpoint(id)).toMatchObject({
      ...{ is_active: false, disabled_reason: 'gone', revision: 2 },
    })
    const audit = `select actor_type, action, resource_id, detail from audit_log where resource_id = ?`
    expect(await setting.owner.rows(audit, [id])).toMatchObject([
      { actor_type: 'system', action: 'webhook_endpoint.disabled', detail: { reason: 'gone' } },
    ])
    expect(warned).toEqual(['a webhook endpoint was switched off'])
    setting.clock.ms += FAILING_LIMIT_MS
    expect(await deliverDue(deps())).toBe(0)
    expect([receiver.received.length, waiting?.state]).toEqual([2, 'pending'])
    await setting.owner.rows(
      'update webhook_endpoints set is_active = true, disabled_at = null, disabled_reason = null',
    )
    receiver.answer(204)
    expect(await deliverDue(deps())).toBe(1)
    expect(JSON.parse(receiver.received.at(-1)?.body ?? '')).toMatchObject({
      data: { which: 'waits' },
    })
  })

  test('that took nothing for five days is switched off', async () => {
    const { id } = await addEndpoint(setting, receiver.url)
    receiver.answer(500)
    await tell(setting)
    await deliverDue(deps())
    for (const delayMs of RETRY_DELAYS_MS) {
      setting.clock.ms += delayMs
      await deliverDue(deps())
    }
    expect(await endpoint(id)).toMatchObject({ is_active: true, consecutive_failures: 10 })
    await tell(setting)
    setting.clock.ms += FAILING_LIMIT_MS
    expect(await deliverDue(deps())).toBe(1)
    const off = { is_active: false, disabled_reason: 'failing', consecutive_failures: 11 }
    expect(await endpoint(id)).toMatchObject(off)
  })

  test('that is slow holds up none of the others', async () => {
    await addEndpoint(setting, receiver.url)
    await addEndpoint(setting, other.url)
    const hanging: (() => void)[] = []
    receiver.answer((response) => hanging.push(() => response.writeHead(200).end()))
    for (let told = 0; told < 20; told++) await tell(setting)
    sender = startWebhookSender({ ...deps(), everyMs: 1 })
    await other.came(20)
    // Of the slow one no more than its share is under way.
    expect(receiver.received.length).toBeLessThanOrEqual(5)
    receiver.answer(200)
    for (const release of hanging) release()
    await receiver.came(20)
    await sender.stop()
    const states = 'select state, count(*)::int as n from webhook_deliveries group by 1'
    expect(await setting.owner.rows(states)).toEqual([{ state: 'delivered', n: 40 }])
  })
})

describe('a secret', () => {
  test('that was rotated signs beside the new one until it expires, then is erased', async () => {
    const { id, secret: old } = await addEndpoint(setting, receiver.url)
    const { tenantId, adminId: userId } = setting.team
    const { secret, sealed } = await sealSecret(setting.cipher, { tenantId, endpointId: id })
    const until = new Date(setting.clock.ms + 1000)
    await setting.db.withTenant(tenantId, (em) =>
      rotateEndpointSecret(em, id, sealed, { until, userId }),
    )
    const signers = async () => {
      await tell(setting)
      await deliverDue(deps())
      const got = receiver.received.at(-1)
      return got && [isSignedBy(secret, got), isSignedBy(old, got)]
    }
    expect(await signers()).toEqual([true, true])
    setting.clock.ms += 1000
    expect(await signers()).toEqual([true, false])
    expect(await endpoint(id)).toMatchObject({ previous_secret_ciphertext: null })
  })

  test('that cannot be read just now is nobody’s failure', async () => {
    const { id } = await addEndpoint(setting, receiver.url)
    await tell(setting)
    const decrypt = () => Promise.reject(new Error('sealed'))
    await deliverDue(deps({ cipher: { decrypt } }))
    expect(receiver.received).toEqual([])
    expect(await delivery()).toMatchObject({ state: 'pending', failed_attempts: 0 })
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: 0 })
    setting.clock.ms += 30_000
    await deliverDue(deps())
    expect(await delivery()).toMatchObject({ state: 'delivered', last_error: null })
  })
})

describe('a sender that dies', () => {
  test('loses what it held to another, and its late word counts no more', async () => {
    await addEndpoint(setting, receiver.url)
    await tell(setting)
    await deliverDue({
      ...deps(),
      post: { ...post, send: () => Promise.reject(new Error('dead')) },
    })
    expect(warned).toEqual(['a webhook is tried again later'])
    expect(await deliverDue(deps())).toBe(0)
    setting.clock.ms += 60_000
    const lease = { leaseMs: 60_000, limit: 10, perEndpoint: 5, busy: [] }
    const [late] = await setting.db.asSystem((em) =>
      leaseDeliveries(em, { ...lease, now: new Date(setting.clock.ms) }),
    )
    setting.clock.ms += 60_000
    expect(await deliverDue(deps())).toBe(1)
    if (late === undefined) throw new Error('nothing was leased')
    receiver.answer(500)
    await attemptDelivery(deps(), late)
    expect(receiver.received).toHaveLength(1)
    expect(await delivery()).toMatchObject({ state: 'delivered', attempts: 3 })
  })

  test.each([500, 204])('cannot undo what another did meanwhile, by %i', async (status) => {
    const { id } = await addEndpoint(setting, receiver.url)
    await tell(setting)
    const send: WebhookPost['send'] = async () => {
      setting.clock.ms += 60_000
      receiver.answer(status === 204 ? 500 : 204)
      await deliverDue(deps())
      return { status }
    }
    await deliverDue(deps({ post: { ...post, send } }))
    const [state, failures] = status === 204 ? ['pending', 1] : ['delivered', 0]
    expect(await delivery()).toMatchObject({ state, failed_attempts: failures, attempts: 2 })
    expect(await endpoint(id)).toMatchObject({ consecutive_failures: failures })
  })
})
