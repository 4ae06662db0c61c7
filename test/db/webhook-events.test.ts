import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { SYSTEM_ROLE } from '../../db/open-database.ts'
import { asRole } from '../../db/orm.ts'
import {
  recordConnectionEvent,
  recordDead,
  recordDisconnected,
  recordWarned,
} from '../../db/repositories/connection-status.ts'
import { lockPostState } from '../../db/repositories/post-facts.ts'
import { applyCommand } from '../../db/repositories/post-transitions.ts'
import {
  announceTest,
  handOutEvents,
  purgeEvents,
  tenantsWithNewEvents,
} from '../../db/repositories/webhook-events.ts'
import type { WebhookEventType } from '../../domain/webhook-events.ts'
import {
  addEndpoint,
  announce,
  tell,
  type WebhookSetting,
  webhookSetting,
} from '../worker/webhook-setting.ts'
import { addConnection, addPost, addTarget, makeTeam } from './rows.ts'
import { FORBIDDEN, openSession, type Row, type Session } from './sessions.ts'

const URL = 'https://hooks.example/in'
const NOW = new Date('2026-11-21T09:00:00Z')

let setting: WebhookSetting

beforeAll(async () => {
  setting = await webhookSetting()
})
afterAll(() => setting.close())
beforeEach(async () => {
  await setting.owner.rows('delete from webhook_endpoints')
  await setting.owner.rows('delete from webhook_events')
  setting.team = await makeTeam(setting.db)
})

function told(): Promise<Row[]> {
  return setting.owner.rows('select type, data from webhook_events order by occurred_at')
}

async function types(): Promise<unknown[]> {
  return (await told()).map(({ type }) => type)
}

const inTenant: WebhookSetting['db']['withTenant'] = (tenantId, work) =>
  setting.db.withTenant(tenantId, work)

describe('an announcement', () => {
  test('is written only where an active endpoint of the tenant asks for it', async () => {
    await tell(setting)
    expect(await told()).toEqual([])
    await addEndpoint(setting, URL, { events: ['post.failed'] })
    await addEndpoint(setting, URL, { team: await makeTeam(setting.db) })
    await tell(setting)
    expect(await told()).toEqual([])
    await tell(setting, { post_id: '1' }, 'post.failed')
    expect(await told()).toEqual([{ type: 'post.failed', data: { post_id: '1' } }])
    await setting.owner.rows(
      `update webhook_endpoints set is_active = false, disabled_at = now(), disabled_reason = 'paused'`,
    )
    await tell(setting, {}, 'post.failed')
    expect(await told()).toHaveLength(1)
  })

  test('goes with its transaction', async () => {
    await addEndpoint(setting, URL)
    const { tenantId } = setting.team
    const failing = inTenant(tenantId, async (em) => {
      await announce(em, { tenantId, type: 'post.failed', data: {} })
      throw new Error('undone')
    })
    await expect(failing).rejects.toThrow('undone')
    expect(await told()).toEqual([])
  })
})

describe('a post', () => {
  async function post(fields: object = {}): Promise<string> {
    return inTenant(setting.team.tenantId, async (em) => {
      const connectionId = await addConnection(em, setting.team)
      const postId = await addPost(em, setting.team, { externalId: 'ext', ...fields })
      await addTarget(em, setting.team, { postId, connectionId })
      return postId
    })
  }

  const change = (id: string, sets: string) =>
    inTenant(setting.team.tenantId, (em) =>
      em.execute(`update posts set ${sets} where id = ?`, [id]),
    )

  test('that is created scheduled tells of itself with its targets, never of its content', async () => {
    await addEndpoint(setting, URL)
    const scheduledAt = new Date('2099-01-01T08:00:00.5Z')
    const id = await post({ status: 'scheduled', scheduledAt, content: 'not for hooks' })
    const [event, ...more] = await told()
    expect(more).toEqual([])
    expect(event).toEqual({
      type: 'post.scheduled',
      data: {
        ...{ post_id: id, external_id: 'ext', status: 'scheduled', revision: 1 },
        ...{ approval_status: null, posted_at: null, failure_code: null, failure_reason: null },
        scheduled_at: '2099-01-01T08:00:00.500Z',
        targets: [
          {
            ...{ target_id: expect.any(String), connection_id: expect.any(String) },
            ...{ platform: 'bluesky', status: 'pending', platform_post_id: null },
            ...{ permalink: null, failure_code: null, failure_reason: null },
          },
        ],
      },
    })
    expect(JSON.stringify(event)).not.toContain('not for hooks')
  })

  test('that is a draft tells nothing, nor does an edit', async () => {
    await addEndpoint(setting, URL)
    const id = await post()
    await change(id, `content = 'other', revision = 2`)
    expect(await told()).toEqual([])
  })

  test('tells its way through commands, once each', async () => {
    await addEndpoint(setting, URL)
    const id = await post({ approvalRequired: true })
    const { tenantId, staffId: actorId } = setting.team
    const at = Date.parse('2099-01-01T08:00:00Z')
    const commands = [
      { type: 'submit' },
      { type: 'approve', actorId },
      { type: 'schedule', at },
      { type: 'reschedule', at: at + 60_000 },
      { type: 'cancel' },
    ] as const
    for (const [index, command] of commands.entries()) {
      const input = { tenantId, postId: id, transitionId: `t${index}`, command, actorId }
      const result = await inTenant(tenantId, (em) => applyCommand(em, input, NOW.getTime()))
      expect([command.type, result.ok]).toEqual([command.type, true])
    }
    expect(await types()).toEqual([
      'post.approval_requested',
      'post.approved',
      'post.scheduled',
      // An approved post gets another time.
      'post.approval_requested',
      'post.scheduled',
      'post.cancelled',
    ])
  })

  test.each<[string, string, WebhookEventType[]]>([
    ['scheduled', `status = 'queued'`, []],
    ['scheduled', `status = 'draft'`, []],
    ['draft', `approval_status = 'rejected'`, ['post.rejected']],
    ['queued', `status = 'unconfirmed'`, ['post.unconfirmed']],
    ['queued', `status = 'published', posted_at = now()`, ['post.published']],
    ['queued', `status = 'partially_published', posted_at = now()`, ['post.partially_published']],
    [
      'queued',
      `status = 'failed', failure_code = 'rejected', failure_reason = 'No.'`,
      ['post.failed'],
    ],
  ])('%s, %s is told as %p', async (from, sets, expected) => {
    const scheduledAt = new Date('2099-01-01T08:00:00Z')
    const id = await post({ status: from, scheduledAt })
    await addEndpoint(setting, URL)
    await change(id, sets)
    expect(await types()).toEqual(expected)
  })

  test('published by the fast way tells with its permalink', async () => {
    await addEndpoint(setting, URL)
    const id = await post({ status: 'queued' })
    const { tenantId } = setting.team
    const state = await inTenant(tenantId, (em) => lockPostState(em, tenantId, id))
    const [target] = state?.targets ?? []
    await setting.owner.rows(`update post_targets set status = 'publishing' where id = ?`, [
      target?.id,
    ])
    const published = {
      status: 'published',
      targets: [
        {
          ...{ id: target?.id, status: 'published', retryable: false },
          ...{ platform_post_id: '7', permalink: 'p/7' },
        },
      ],
      event: { type: 'target_published', detail: {} },
    }
    const sql = 'select write_publish(?::uuid, ?::uuid, ?::bigint, ?::jsonb) as written'
    await setting.db.execute(sql, [tenantId, id, state?.seq, JSON.stringify(published)])
    expect(await told()).toMatchObject([
      {
        type: 'post.published',
        data: {
          posted_at: expect.any(String),
          targets: [{ permalink: 'p/7', status: 'published' }],
        },
      },
    ])
  })
})

describe('a connection', () => {
  async function connected() {
    const { tenantId } = setting.team
    const connectionId = await inTenant(tenantId, (em) =>
      addConnection(em, setting.team, {
        ...{ status: 'active' as const, connectedAt: NOW, isAuthenticated: true },
        ...{ accountHandle: 'acme', platformAccountId: crypto.randomUUID() },
      }),
    )
    return { tenantId, connectionId }
  }

  test.each([
    ['connected', ['connection.connected']],
    ['reconnected', ['connection.connected']],
    ['refreshed', ['connection.refreshed']],
    ['recovered', ['connection.recovered']],
    ['refresh_failed', []],
    ['validated', []],
  ])('%s is told as %p', async (type, expected) => {
    await addEndpoint(setting, URL)
    const ids = await connected()
    const event = { type, detail: { version: 3, session_id: 's' } }
    await inTenant(ids.tenantId, (em) => recordConnectionEvent(em, ids, event))
    expect(await types()).toEqual(expected)
    const history = 'select type from connection_events where connection_id = ?'
    expect(await setting.owner.rows(history, [ids.connectionId])).toEqual([{ type }])
    expect(JSON.stringify(await told())).not.toMatch(/session_id|version/)
  })

  test('that ends says why, one that will end says when, and a person’s end is told', async () => {
    await addEndpoint(setting, URL)
    const ids = await connected()
    const endsAt = new Date('2026-12-05T00:00:00Z')
    await inTenant(ids.tenantId, async (em) => {
      await recordWarned(em, ids, { tokenVersion: 0, days: 14, endsAt })
      const error = { code: 'auth_revoked', message: 'Access was withdrawn.' }
      await recordDead(em, ids, 0, 'revoked', error)
      await recordDisconnected(em, ids, null)
    })
    const base = { connection_id: ids.connectionId, platform: 'bluesky', account_handle: 'acme' }
    const reason = { code: 'auth_revoked', message: 'Access was withdrawn.' }
    expect(await told()).toEqual([
      {
        type: 'connection.expiring',
        data: { ...base, status: 'active', reason: null, days_left: 14, ends_at: endsAt.toJSON() },
      },
      { type: 'connection.needs_reconnect', data: { ...base, status: 'revoked', reason } },
      { type: 'connection.disconnected', data: { ...base, status: 'disconnected', reason: null } },
    ])
  })
})

describe('handing out', () => {
  test('numbers each tenant’s events in order and without gaps', async () => {
    await addEndpoint(setting, URL)
    for (const index of [1, 2, 3]) await tell(setting, { index })
    const { tenantId } = setting.team
    const handOut = (limit: number) =>
      inTenant(tenantId, (em) => handOutEvents(em, tenantId, NOW, limit))
    expect(await setting.db.asSystem((em) => tenantsWithNewEvents(em, 10))).toEqual([tenantId])
    expect(await handOut(2)).toBe(2)
    expect(await Promise.all([handOut(9), handOut(9), handOut(9)])).toContain(1)
    expect(await handOut(9)).toBe(0)
    expect(await setting.db.asSystem((em) => tenantsWithNewEvents(em, 10))).toEqual([])
    const sql = `select seq::int, (data->>'index')::int as index from webhook_events order by seq`
    const numbered = [1, 2, 3].map((number) => ({ seq: number, index: number }))
    expect(await setting.owner.rows(sql)).toEqual(numbered)
    expect(await setting.owner.rows('select 1 from webhook_deliveries')).toHaveLength(3)
  })

  test('gives a test to its endpoint alone, numbered like the others', async () => {
    const { id: endpointId } = await addEndpoint(setting, URL, { events: ['post.failed'] })
    await addEndpoint(setting, URL)
    const { tenantId } = setting.team
    await tell(setting)
    await inTenant(tenantId, (em) => announceTest(em, { tenantId, endpointId }, NOW))
    await inTenant(tenantId, (em) => handOutEvents(em, tenantId, NOW, 9))
    const sql = `select e.type, e.seq::int, d.endpoint_id = ? as tested from webhook_deliveries d
      join webhook_events e on e.id = d.event_id order by e.seq`
    expect(await setting.owner.rows(sql, [endpointId])).toEqual([
      { type: 'webhook.test', seq: 1, tested: true },
      { type: 'post.published', seq: 2, tested: false },
    ])
  })

  test('forgets after a month, but never the number it counts from', async () => {
    await addEndpoint(setting, URL)
    const { tenantId } = setting.team
    for (const index of [1, 2]) await tell(setting, { index })
    await inTenant(tenantId, (em) => handOutEvents(em, tenantId, NOW, 9))
    const purge = () => setting.db.asSystem((em) => purgeEvents(em, 100))
    expect(await purge()).toBe(0)
    await setting.owner.rows(`update webhook_events set occurred_at = now() - interval '31 days'`)
    expect(await purge()).toBe(1)
    await tell(setting)
    await inTenant(tenantId, (em) => handOutEvents(em, tenantId, NOW, 9))
    const left = await setting.owner.rows('select seq::int from webhook_events order by 1')
    expect(left).toEqual([{ seq: 2 }, { seq: 3 }])
    expect(await setting.owner.rows('select 1 from webhook_deliveries')).toHaveLength(2)
  })
})

describe('the system role', () => {
  let system: Session
  beforeAll(() => {
    system = openSession(asRole(setting.url, SYSTEM_ROLE))
  })
  afterAll(() => system.close())

  test.each([
    'select url from webhook_endpoints',
    'select secret_ciphertext from webhook_endpoints',
    'select data from webhook_events',
    'select last_error from webhook_deliveries',
    'update webhook_endpoints set is_active = false',
    `update webhook_deliveries set state = 'delivered'`,
    'delete from webhook_deliveries',
    'delete from webhook_endpoints',
  ])('may not: %s', async (sql) => {
    expect(await system.outcome(sql)).toBe(FORBIDDEN)
  })

  test('finds what to rewrap, and deletes nothing that is young', async () => {
    const { id } = await addEndpoint(setting, URL)
    await tell(setting)
    const found = 'select id, key_version from webhook_endpoints'
    expect(await system.rows(found)).toEqual([{ id, key_version: 1 }])
    expect(await system.rows('delete from webhook_events returning id')).toEqual([])
  })
})
