import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ATTEMPT_STATUSES } from '../../db/entities/publish-attempt.ts'
import { CONNECTION_STATUSES } from '../../domain/connection-state.ts'
import { FAILURE_KINDS } from '../../domain/failures.ts'
import { PLATFORMS } from '../../domain/platforms.ts'
import {
  APPROVAL_STATUSES,
  POST_STATUSES,
  POST_TRANSITIONS,
  type PostStatus,
  TARGET_STATUSES,
  type TargetStatus,
} from '../../domain/post-state.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'
import { CHECK, openSession, type Session, sqlState } from './sessions.ts'

let database: TestDatabase
let owner: Session
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
  team = await makeTeam(database.db)
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})

/** What a post or target of each status must have. */
const SCHEDULED_AT = new Date('2030-01-01T09:00:00Z')
const COMPLETE = {
  scheduledAt: SCHEDULED_AT,
  postedAt: SCHEDULED_AT,
  failureCode: 'rejected',
  failureReason: 'The platform refuses this text.',
}

async function postIn(status: PostStatus): Promise<string> {
  return database.db.withTenant(team.tenantId, (em) => addPost(em, team, { ...COMPLETE, status }))
}

async function targetIn(status: TargetStatus): Promise<string> {
  return database.db.withTenant(team.tenantId, async (em) => {
    const postId = await addPost(em, team)
    const connectionId = await addConnection(em, team)
    const { failureCode, failureReason } = COMPLETE
    return addTarget(em, team, {
      ...{ postId, connectionId, status, failureCode, failureReason },
      ...{ platformPostId: 'at://1', publishedAt: SCHEDULED_AT },
    })
  })
}

async function move(table: string, id: string, status: string): Promise<string> {
  return sqlState(
    database.db.withTenant(team.tenantId, (em) =>
      em.execute(`update ${table} set status = ? where id = ?`, [status, id]),
    ),
  )
}

/** The values that a column's CHECK lets through, from its definition. */
async function allowedValues(constraint: string): Promise<string[]> {
  const [found] = await owner.rows<{ definition: string }>(
    'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = ?',
    [constraint],
  )
  return [...(found?.definition ?? '').matchAll(/'([^']*)'::text/g)].map(([, value]) => value ?? '')
}

describe('the values that CHECKs allow are those of the domain', () => {
  test.each<[string, readonly string[]]>([
    ['posts_status_check', POST_STATUSES],
    ['posts_approval_status_check', APPROVAL_STATUSES],
    ['post_targets_status_check', TARGET_STATUSES],
    ['post_targets_platform_check', PLATFORMS],
    ['connections_status_check', CONNECTION_STATUSES],
    ['connections_platform_check', PLATFORMS],
    ['app_registrations_platform_check', PLATFORMS],
    ['oauth_sessions_platform_check', PLATFORMS],
    ['publish_attempts_status_check', ATTEMPT_STATUSES],
    ['publish_attempts_failure_kind_check', FAILURE_KINDS],
  ])('%s', async (constraint, values) => {
    expect(await allowedValues(constraint)).toEqual([...values])
  })
})

describe('a post moves only as the domain says', () => {
  test.each(POST_STATUSES)('from %s', async (from) => {
    const outcomes: Record<string, string> = {}
    for (const to of POST_STATUSES) outcomes[to] = await move('posts', await postIn(from), to)
    const legal = [from, ...POST_TRANSITIONS[from]]
    expect(outcomes).toEqual(
      Object.fromEntries(POST_STATUSES.map((to) => [to, legal.includes(to) ? 'ok' : CHECK])),
    )
  })
})

describe('a published target', () => {
  test('never leaves published', async () => {
    const outcomes: Record<string, string> = {}
    for (const to of TARGET_STATUSES) {
      outcomes[to] = await move('post_targets', await targetIn('published'), to)
    }
    expect(outcomes).toEqual(
      Object.fromEntries(TARGET_STATUSES.map((to) => [to, to === 'published' ? 'ok' : CHECK])),
    )
  })

  test('may be removed at the platform and says when', async () => {
    const id = await targetIn('published')
    const removed = 'update post_targets set removed_at = now() where id = ?'
    expect(await owner.outcome(removed, [id])).toBe('ok')
    // Of a thread that failed half way, what is out may be deleted; of nothing, nothing.
    const failed = await targetIn('failed')
    await owner.outcome('update post_targets set platform_post_id = null where id = ?', [failed])
    expect(await owner.outcome(removed, [failed])).toBe(CHECK)
    await owner.outcome(`update post_targets set platform_post_id = 'p' where id = ?`, [failed])
    expect(await owner.outcome(removed, [failed])).toBe('ok')
  })

  test.each(TARGET_STATUSES)('every legal move from %s passes', async (from) => {
    const { TARGET_TRANSITIONS } = await import('../../domain/post-state.ts')
    for (const to of TARGET_TRANSITIONS[from]) {
      expect(await move('post_targets', await targetIn(from), to)).toBe('ok')
    }
  })
})

describe('a status brings its facts along', () => {
  test.each<[string, string]>([
    ['posts', `status = 'scheduled', scheduled_at = null`],
    ['posts', `status = 'scheduled', approval_required = true, approval_status = null`],
    ['posts', `status = 'queued', approval_required = true, approval_status = null`],
    ['posts', `status = 'queued', approval_required = true, approval_status = 'pending'`],
    ['posts', `status = 'queued', approval_required = true, approval_status = 'rejected'`],
    ['posts', `approval_status = 'maybe'`],
    ['posts', `lateness_policy = 'never'`],
    ['posts', 'revision = 0'],
    ['post_targets', `status = 'published', platform_post_id = null`],
    ['post_targets', `status = 'published', published_at = null`],
    ['post_targets', `status = 'failed', failure_code = null`],
    ['post_targets', `status = 'failed', failure_reason = null`],
    ['post_targets', `platform = 'myspace'`],
    ['post_targets', `platform = 'x', content = repeat('a', 25001)`],
    ['connections', `status = 'active'`],
    ['connections', `status = 'disconnected', disconnected_at = null`],
    ['connections', 'disconnected_at = now()'],
    ['connections', 'sync_frequency_minutes = 14'],
    ['connections', `platform = 'twitter'`],
    ['tenants', `lateness_policy = 'skip'`],
    ['tenants', `slug = 'Not A Slug'`],
    ['memberships', `role = 'owner'`],
  ])('%s refuses %s', async (table, change) => {
    await targetIn('pending')
    expect(await owner.outcome(`update ${table} set ${change}`)).toBe(CHECK)
  })

  test.each<[string, string]>([
    ['posts', `status = 'queued', approval_required = true, approval_status = 'approved'`],
    ['posts', `approval_required = true, approval_status = 'pending'`],
    ['post_targets', `platform = 'x', content = repeat('a', 25000)`],
    ['connections', 'sync_frequency_minutes = 15'],
  ])('%s accepts %s', async (table, change) => {
    const id = table === 'posts' ? await postIn('draft') : await targetIn('pending')
    const where = table === 'connections' ? '' : `where id = '${id}'`
    expect(await owner.outcome(`update ${table} set ${change} ${where}`)).toBe('ok')
  })

  test.each(['published', 'failed'] as const)('a %s post needs its own facts', async (status) => {
    const facts = status === 'published' ? ['posted_at'] : ['failure_code', 'failure_reason']
    for (const fact of facts) {
      const id = await postIn('queued')
      const sql = `update posts set status = '${status}', ${fact} = null where id = ?`
      expect({ fact, outcome: await owner.outcome(sql, [id]) }).toEqual({ fact, outcome: CHECK })
    }
  })

  test('a token in the clear is refused, and the error does not repeat it', async () => {
    const secret = 'sbx_secret_in_the_clear'
    const insert = database.db.withTenant(team.tenantId, async (em) => {
      const connectionId = await addConnection(em, team)
      await em.execute(
        `insert into connection_tokens (tenant_id, connection_id, kind, ciphertext, key_version)
         values (?, ?, 'access', ?, 1)`,
        [team.tenantId, connectionId, secret],
      )
    })
    const error = await insert.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: CHECK, constraint: 'connection_tokens_ciphertext_check' })
    expect(inspectDeep(error)).not.toContain(secret)
  })
})

describe('updated_at', () => {
  test('is set by every table that has it', async () => {
    const without = await owner.rows(
      `select table_name from information_schema.columns c
       where table_schema = 'public' and column_name = 'updated_at' and not exists (
         select from pg_trigger t join pg_proc f on f.oid = t.tgfoid
         where t.tgrelid = c.table_name::regclass and f.proname = 'set_updated_at'
           and t.tgtype & 2 = 2 and t.tgtype & 16 = 16)`,
    )
    expect(without).toEqual([])
  })

  test('moves with a change and cannot be written', async () => {
    const id = await postIn('draft')
    const [changed] = await owner.rows(
      `update posts set notes = 'changed', updated_at = '2001-01-01' where id = ?
       returning updated_at > created_at as later`,
      [id],
    )
    expect(changed).toEqual({ later: true })
  })
})

/** Own properties of the error and of its causes, the non-enumerable ones included. */
function inspectDeep(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)))
  return `${own.join('\n')}\n${inspectDeep(error.cause)}`
}
