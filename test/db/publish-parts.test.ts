import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EntityManager } from '@mikro-orm/postgresql'
import { migrate, revert } from '../../db/migrate.ts'
import { APP_ROLE, openDatabase, SYSTEM_ROLE } from '../../db/open-database.ts'
import type { AttemptEnd } from '../../db/repositories/attempt-end.ts'
import { endAttempt } from '../../db/repositories/attempt-outcomes.ts'
import { loadPostState } from '../../db/repositories/post-facts.ts'
import { applyCommand } from '../../db/repositories/post-transitions.ts'
import {
  type Checkpoint,
  dropCheckpoint,
  loadCheckpoint,
  noteAccepted,
  saveCheckpoint,
} from '../../db/repositories/publish-checkpoints.ts'
import { claimPublish, giveUpTarget } from '../../db/repositories/publish-claims.ts'
import { undecidedAttempt } from '../../db/repositories/publish-load.ts'
import { finishTarget, skipPart } from '../../db/repositories/skip-part.ts'
import type { PartStep } from '../../domain/parts.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'
import { databaseServer } from '../support/postgres.ts'
import { addAttempt, addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'
import { loginUrl, openSession, sqlState, UNIQUE } from './sessions.ts'

let database: TestDatabase
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
})
afterAll(() => database.drop())

const inTenant = <T>(work: (em: EntityManager) => Promise<T>) =>
  database.db.withTenant(team.tenantId, work)

/** A target that is being published, and the claims of its parts. */
async function queuedTarget(db = database.db, of = team) {
  const { tenantId } = of
  const ids = await db.withTenant(tenantId, async (em) => {
    const postId = await addPost(em, of, { status: 'queued', publishStartedAt: new Date() })
    const connectionId = await addConnection(em, of, {
      ...{ status: 'active', platformAccountId: randomUUID(), isAuthenticated: true },
      connectedAt: new Date(),
    })
    const targetId = await addTarget(em, of, { postId, connectionId, status: 'queued' })
    return { tenantId, postId, targetId }
  })
  const claim = async (step: PartStep) => {
    const sendBefore = new Date(Date.now() + 30_000)
    const input = { ...ids, revision: 1, sendBefore, worker: 'w', step }
    const claimed = await db.withTenant(tenantId, (em) => claimPublish(em, input, Date.now()))
    if (claimed.outcome !== 'claimed') throw new Error(`not claimed: ${claimed.outcome}`)
    return claimed.attempt.id
  }
  const end = async (step: PartStep, ended: AttemptEnd) => {
    const attemptId = await claim(step)
    await db.withTenant(tenantId, (em) => endAttempt(em, { ...ids, attemptId }, ended))
  }
  const row = async () => {
    const sql = 'select * from post_targets where id = ?'
    const [found] = await db.withTenant(tenantId, (em) =>
      em.execute<Record<string, unknown>[]>(sql, [ids.targetId]),
    )
    return found
  }
  return { ...ids, claim, end, row }
}

const POST: PartStep = { part: 0, role: 'post', isLast: false }
const REPLY: PartStep = { part: 1, role: 'reply', isLast: false }
const COMMENT: PartStep = { part: 2, role: 'comment', isLast: true }

const published = (id: string): AttemptEnd => ({
  ...{ status: 'published', platformPostId: id, permalink: `https://play.test/${id}` },
  ...{ confirmedBy: 'answer', metadata: { cid: id } },
})
const failure = { kind: 'rejected' as const, code: 'play_rude', message: 'Too rude.' }
const refused: AttemptEnd = { status: 'rejected', failure, retryable: false }

describe('a target in parts', () => {
  test('moves on with each part, and is published with its last', async () => {
    const target = await queuedTarget()
    await target.end(POST, published('a'))
    expect(await target.row()).toMatchObject({
      ...{ status: 'queued', next_part: 1, platform_post_id: 'a', published_at: null },
      parts: [{ part: 0, role: 'post', platform_post_id: 'a', metadata: { cid: 'a' } }],
    })
    await target.end(REPLY, published('b'))
    await target.end(COMMENT, refused)
    expect(await target.row()).toMatchObject({
      ...{ status: 'published', next_part: 3, platform_post_id: 'a', failure_code: null },
      ...{ permalink: 'https://play.test/a', platform_metadata: { cid: 'a' } },
      parts: [{ part: 0 }, { part: 1, role: 'reply', platform_post_id: 'b' }],
      warnings: [{ code: 'play_rude' }],
    })
  })

  test('that fails half way says which part, and keeps what is out', async () => {
    const target = await queuedTarget()
    await target.end(POST, published('a'))
    await target.end(REPLY, refused)
    expect(await target.row()).toMatchObject({
      ...{ status: 'failed', next_part: 1, platform_post_id: 'a', retryable: false },
      failure_reason: 'The thread stopped at its part 2: Too rude.',
    })
  })

  test('has one attempt that may have landed for each part, and one that is open in all', async () => {
    const target = await queuedTarget()
    const { tenantId: _tenant, claim: _claim, end: _end, row: _row, ...ids } = target
    const add = (attemptNo: number, part: number, status: 'open' | 'published') =>
      sqlState(
        inTenant((em) =>
          addAttempt(em, team, {
            ...{ ...ids, attemptNo, part, status, role: part === 0 ? 'post' : 'reply' },
            platformPostId: status === 'published' ? `p${attemptNo}` : null,
            finishedAt: status === 'open' ? null : new Date(),
          }),
        ),
      )
    expect(await add(1, 0, 'published')).toBe('ok')
    expect(await add(2, 0, 'published')).toBe(UNIQUE)
    expect(await add(2, 1, 'open')).toBe('ok')
    expect(await add(3, 2, 'open')).toBe(UNIQUE)
    expect(await add(3, 2, 'published')).toBe('ok')
  })

  test('whose rest was dropped is published with what is out, for its revision alone', async () => {
    const target = await queuedTarget()
    await target.end(POST, published('a'))
    const ids = { ...target, revision: 2 }
    await inTenant((em) => finishTarget(em, ids))
    expect(await target.row()).toMatchObject({ status: 'queued' })
    const after = await inTenant((em) => finishTarget(em, { ...ids, revision: 1 }))
    expect(after).toMatchObject({ status: 'published' })
    expect(await target.row()).toMatchObject({ status: 'published', platform_post_id: 'a' })
  })

  test('leaves out an aside once', async () => {
    const target = await queuedTarget()
    await target.end(POST, published('a'))
    const step: PartStep = { part: 1, role: 'comment', isLast: true }
    const skip = () => inTenant((em) => skipPart(em, target, step, failure))
    expect(await skip()).toMatchObject({ status: 'published' })
    const once = await target.row()
    await skip()
    expect(await target.row()).toEqual(once)
    expect(once).toMatchObject({
      warnings: [{ code: 'play_rude', message: 'The first comment failed: Too rude.' }],
    })
  })
})

describe('what the platform says of a post that it took', () => {
  test('is kept with the open attempt, and with no other', async () => {
    const target = await queuedTarget()
    const attemptId = await target.claim({ ...POST, isLast: true })
    const note = (job: string) =>
      inTenant((em) => noteAccepted(em, { ...target, attemptId }, { job }))
    await note('one')
    const open = await inTenant((em) => undecidedAttempt(em, target.tenantId, target.targetId))
    expect(open).toMatchObject({ id: attemptId, accepted: { job: 'one' }, step: { part: 0 } })
    await inTenant((em) => endAttempt(em, { ...target, attemptId }, published('a')))
    await note('two')
    const [row] = await inTenant((em) =>
      em.execute<object[]>('select accepted from publish_attempts where id = ?', [attemptId]),
    )
    expect(row).toEqual({ accepted: { job: 'one' } })
  })
})

describe('a checkpoint', () => {
  const kept = (version: number, step: string, fingerprint = 'f'): Checkpoint => ({
    ...{ fingerprint, state: { step } },
    secrets: { ciphertext: `local:v${version}:${step}`, keyVersion: version },
  })
  const save = (ids: Ids, checkpoint: Checkpoint, part = 0) =>
    inTenant((em) => saveCheckpoint(em, { ...ids, part }, checkpoint))
  const load = (ids: Ids, part = 0) => inTenant((em) => loadCheckpoint(em, { ...ids, part }))
  type Ids = { tenantId: string; targetId: string }

  test('is replaced by the next, part by part', async () => {
    const target = await queuedTarget()
    await save(target, kept(1, 'a'))
    await save(target, kept(1, 'b'), 1)
    await save(target, { ...kept(1, 'c'), secrets: null })
    expect(await load(target)).toEqual({ ...kept(1, 'c'), secrets: null })
    expect(await load(target, 1)).toEqual(kept(1, 'b'))
    await inTenant((em) => dropCheckpoint(em, { ...target, part: 0 }))
    expect([await load(target), await load(target, 1)]).toEqual([undefined, kept(1, 'b')])
  })

  test('keeps what a rotation rewrapped, whoever sealed it before saves on', async () => {
    const target = await queuedTarget()
    await save(target, kept(2, 'rewrapped'))
    await save(target, kept(1, 'stale'))
    expect(await load(target)).toEqual({ ...kept(2, 'rewrapped'), state: { step: 'stale' } })
    // Of other content it is another upload, whose secrets are its own.
    await save(target, kept(1, 'new', 'other'))
    expect(await load(target)).toEqual(kept(1, 'new', 'other'))
  })

  test('is invisible to another tenant', async () => {
    const target = await queuedTarget()
    await save(target, kept(1, 'a'))
    const other = await makeTeam(database.db)
    const seen = database.db.withTenant(other.tenantId, (em) =>
      loadCheckpoint(em, { ...target, part: 0 }),
    )
    expect(await seen).toBeUndefined()
  })

  test('ends with its part', async () => {
    const target = await queuedTarget()
    await save(target, kept(1, 'a'))
    await save(target, kept(1, 'b'), 1)
    await target.end(POST, published('a'))
    expect([await load(target), await load(target, 1)]).toEqual([undefined, kept(1, 'b')])
    await target.end(REPLY, refused)
    expect(await load(target, 1)).toBeUndefined()
  })

  test.each<[string, AttemptEnd, boolean]>([
    ['an answer that was lost', { status: 'unconfirmed', failure }, true],
    ['a request that was not sent', { status: 'not_sent', failure }, true],
    ['a proof of absence', { status: 'absent' }, true],
  ])('outlives %s: the next try uses it', async (_what, ended, isKept) => {
    const target = await queuedTarget()
    await save(target, kept(1, 'a'))
    await target.end(POST, ended)
    expect((await load(target)) !== undefined).toBe(isKept)
  })

  test('ends with its target, however that is given up', async () => {
    const given = await queuedTarget()
    await save(given, kept(1, 'a'))
    await inTenant((em) => giveUpTarget(em, { ...given, revision: 1 }, 'gave_up'))
    expect(await load(given)).toBeUndefined()

    const told = await queuedTarget()
    await save(told, kept(1, 'a'))
    await told.end(POST, { status: 'unconfirmed', failure })
    const command = { type: 'resolve', targetId: told.targetId, as: 'published' } as const
    const resolve = { ...told, transitionId: randomUUID() }
    const word = { ...command, platformPostId: 'seen' }
    await inTenant((em) => applyCommand(em, { ...resolve, command: word }, Date.now()))
    expect(await load(told)).toBeUndefined()
    const state = await inTenant((em) => loadPostState(em, told.tenantId, told.postId))
    expect(state).toMatchObject({ status: 'queued', targets: [{ status: 'queued' }] })
    expect(await told.row()).toMatchObject({ next_part: 1, platform_post_id: 'seen' })
  })
})

test('media and parts can be reverted with rows in place, by an owner who is no superuser', async () => {
  const empty = await emptyDatabase()
  const superuser = openSession(empty.url)
  const owner = `owner_${randomUUID().slice(0, 8)}`
  const name = new URL(empty.url).pathname.slice(1)
  await superuser.rows(`create role ${owner} login password 'pw'`)
  await superuser.rows(
    `grant ${APP_ROLE}, ${SYSTEM_ROLE} to ${owner} with admin true, inherit false, set false`,
  )
  await superuser.rows(`alter database ${name} owner to ${owner}`)
  const url = loginUrl(empty.url, owner)
  await migrate(url)
  const db = await openDatabase({ url })
  const of = await makeTeam(db)
  const target = await queuedTarget(db, of)
  await target.end(POST, published('a'))
  await target.end(REPLY, published('b'))
  const step: PartStep = { part: 2, role: 'reply', isLast: true }
  await target.end(step, refused)
  await db.withTenant(of.tenantId, async (em) => {
    const checkpoint = { fingerprint: 'f', state: {}, secrets: null }
    await saveCheckpoint(em, { ...target, part: 2 }, checkpoint)
    await em.execute('update post_targets set removed_at = now() where id = ?', [target.targetId])
  })
  await db.close()
  const undone = ['011-publish-parts', '010-media']
  expect(await revert(url, { to: '009-switched-off-accounts' })).toEqual(undone)
  const attempts = 'select status, platform_post_id from publish_attempts'
  expect(await superuser.rows(attempts)).toEqual([{ status: 'published', platform_post_id: 'a' }])
  expect(await superuser.rows('select media from posts')).toEqual([{ media: [] }])
  expect(await migrate(url)).toEqual(undone.toReversed())
  const parts = 'select status, next_part, parts, removed_at from post_targets'
  expect(await superuser.rows(parts)).toEqual([
    { status: 'failed', next_part: 0, parts: [], removed_at: null },
  ])
  await superuser.close()
  await empty.drop()
  const maintenance = openSession((await databaseServer()).url)
  await maintenance.rows(`revoke ${APP_ROLE}, ${SYSTEM_ROLE} from ${owner} cascade`)
  await maintenance.rows(`drop role ${owner}`)
  await maintenance.close()
})
