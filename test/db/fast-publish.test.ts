import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AttemptEnd } from '../../db/repositories/attempt-end.ts'
import { endAttempt } from '../../db/repositories/attempt-outcomes.ts'
import { claimFast, publishedFast } from '../../db/repositories/fast-publish.ts'
import { loadPostState } from '../../db/repositories/post-facts.ts'
import { claimPublish } from '../../db/repositories/publish-claims.ts'
import { ONLY_PART } from '../../domain/parts.ts'
import type { ApprovalStatus, PostState, TargetStatus } from '../../domain/post-state.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addAttempt, addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'
import { openSession, type Session } from './sessions.ts'

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

const DUE_AT = new Date(Date.now() - 1_000)
const SEND_BEFORE = new Date(Date.now() + 30_000)

interface Situation {
  status: 'scheduled' | 'queued'
  approval: ApprovalStatus | null
  /** Of the target that is published, then of the others. */
  targets: readonly TargetStatus[]
  stagedRevision: number
}

const USUAL: Situation = {
  status: 'scheduled',
  approval: 'approved',
  targets: ['pending', 'pending'],
  stagedRevision: 1,
}

const anySituation = fc.record<Situation>({
  status: fc.constantFrom('scheduled', 'queued'),
  approval: fc.constantFrom(null, 'pending', 'approved'),
  targets: fc.array(fc.constantFrom('pending', 'queued', 'publishing', 'published', 'failed'), {
    minLength: 1,
    maxLength: 3,
  }),
  stagedRevision: fc.constantFrom(1, 1, 1, 2),
})

/** The database refuses a post that is published without the approval it needs. */
const situations = anySituation.filter(
  ({ status, approval }) => status !== 'queued' || approval !== 'pending',
)

const FACTS: Partial<Record<TargetStatus, object>> = {
  publishing: { attemptCount: 1, frozenAt: DUE_AT },
  published: { attemptCount: 1, platformPostId: 'at://0', publishedAt: DUE_AT },
  failed: { attemptCount: 1, failureCode: 'rejected', failureReason: 'No.' },
}

interface Twin {
  postId: string
  targetIds: string[]
  ids: { tenantId: string; postId: string; targetId: string }
}

async function make({ status, approval, targets }: Situation): Promise<Twin> {
  const { tenantId } = team
  return database.db.withTenant(tenantId, async (em) => {
    const postId = await addPost(em, team, {
      ...{ status, scheduledAt: DUE_AT, publishStartedAt: status === 'queued' ? DUE_AT : null },
      ...{ approvalRequired: approval !== null, approvalStatus: approval },
    })
    const targetIds: string[] = []
    for (const [position, state] of targets.entries()) {
      const connectionId = await addConnection(em, team, {
        ...{ status: 'active', platformAccountId: randomUUID(), isAuthenticated: true },
        connectedAt: new Date(),
      })
      const row = { postId, connectionId, position, status: state, ...FACTS[state] }
      const targetId = await addTarget(em, team, row)
      targetIds.push(targetId)
      if (state === 'publishing') {
        await addAttempt(em, team, { postId, targetId, sendBefore: SEND_BEFORE })
      }
    }
    const [targetId = ''] = targetIds
    return { postId, targetIds, ids: { tenantId, postId, targetId } }
  })
}

function inTenant<T>(work: Parameters<typeof database.db.withTenant<T>>[1]): Promise<T> {
  return database.db.withTenant(team.tenantId, work)
}

async function stateOf({ postId }: Twin): Promise<PostState> {
  const post = await inTenant((em) => loadPostState(em, team.tenantId, postId))
  if (post === undefined) throw new Error('the post is gone')
  return post
}

const ROWS = [
  `select to_jsonb(p) as row from posts p where id = ?`,
  `select to_jsonb(g) as row from post_targets g where post_id = ? order by position`,
  `select to_jsonb(a) as row from publish_attempts a join post_targets g on g.id = a.target_id
   where a.post_id = ? order by g.position, a.attempt_no`,
  `select to_jsonb(e) - 'id' as row from post_events e where post_id = ? order by seq`,
  `select to_jsonb(c) as row from connections c join post_targets g on g.connection_id = c.id
   where g.post_id = ? order by g.position`,
]

/** All that was written and answered, whole, with ids by order of appearance and without clocks. */
async function everything({ postId, targetIds }: Twin, answer: unknown): Promise<string[]> {
  const rows = await Promise.all(ROWS.map((sql) => owner.rows(sql, [postId])))
  const text = JSON.stringify([postId, targetIds, answer, ...rows.flat()], null, 1)
  const seen: string[] = []
  return text
    .replace(/"\d{4}-\d\d-\d\dT[^"]+"/g, '"an instant"')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      if (!seen.includes(id)) seen.push(id)
      return `id ${seen.indexOf(id)}`
    })
    .split('\n')
}

const claimOf = (twin: Twin, { stagedRevision: revision }: Situation) => {
  return { ...twin.ids, revision, sendBefore: SEND_BEFORE, worker: 'w/1', step: ONLY_PART }
}

const PUBLISHED: AttemptEnd = {
  status: 'published',
  confirmedBy: 'answer',
  platformPostId: 'at://1',
  permalink: 'https://bsky.test/1',
  metadata: { cid: 'c1' },
}

describe('a claim in one round trip', () => {
  test('is the locked claim, row for row, or nothing at all', async () => {
    await fc.assert(
      fc.asyncProperty(situations, async (situation) => {
        const [fast, locked] = [await make(situation), await make(situation)]
        const before = await stateOf(fast)
        const untouched = await everything(fast, undefined)
        const claim = claimOf(fast, situation)
        const answer = await claimFast(database.db, claim, before, Date.now())
        if (answer === undefined) {
          expect(await everything(fast, undefined)).toEqual(untouched)
          return
        }
        const wanted = await inTenant((em) =>
          claimPublish(em, claimOf(locked, situation), Date.now()),
        )
        expect(await everything(fast, answer)).toEqual(await everything(locked, wanted))
      }),
      { numRuns: 40, examples: [[USUAL], [{ ...USUAL, status: 'queued', targets: ['queued'] }]] },
    )
  })

  test('is taken in the usual course', async () => {
    const twin = await make(USUAL)
    const before = await stateOf(twin)
    const answer = await claimFast(database.db, claimOf(twin, USUAL), before, Date.now())
    expect(answer).toMatchObject({ outcome: 'claimed', attempt: { round: 1 } })
    expect(await stateOf(twin)).toEqual(answer?.post)
  })

  test.each<[string, Partial<Situation>]>([
    ['without the approval', { approval: 'pending' }],
    ['for another revision', { stagedRevision: 2 }],
    ['of a target that is out', { status: 'queued', targets: ['published', 'queued'] }],
  ])('is left to the lock %s', async (_, change) => {
    const situation = { ...USUAL, ...change }
    const twin = await make(situation)
    const before = await stateOf(twin)
    const answer = await claimFast(database.db, claimOf(twin, situation), before, Date.now())
    expect(answer).toBeUndefined()
  })

  test('of a target that was given up sends nothing, by either way', async () => {
    const situation: Situation = { ...USUAL, status: 'queued', targets: ['failed', 'queued'] }
    const twin = await make(situation)
    const before = await stateOf(twin)
    const claim = claimOf(twin, situation)
    expect(await claimFast(database.db, claim, before, Date.now())).toBeUndefined()
    const locked = await inTenant((em) => claimPublish(em, claim, Date.now()))
    expect(locked).toEqual({ outcome: 'stale', post: before })
    const opened = await owner.rows('select 1 from publish_attempts where post_id = ?', [
      twin.postId,
    ])
    expect(opened).toEqual([])
  })

  test('is refused before its instant and after its lateness', async () => {
    const twin = await make(USUAL)
    const before = await stateOf(twin)
    const claim = claimOf(twin, USUAL)
    const early = DUE_AT.getTime() - 1
    const late = DUE_AT.getTime() + before.maxLatenessMs + 1
    for (const nowMs of [early, late]) {
      expect(await claimFast(database.db, claim, before, nowMs)).toBeUndefined()
    }
  })

  test('on a snapshot that is behind writes nothing', async () => {
    const twin = await make(USUAL)
    const before = await stateOf(twin)
    await owner.rows('update posts set seq = seq + 1 where id = ?', [twin.postId])
    const untouched = await everything(twin, undefined)
    const claim = claimOf(twin, USUAL)
    expect(await claimFast(database.db, claim, before, Date.now())).toBeUndefined()
    expect(await everything(twin, undefined)).toEqual(untouched)
  })

  test('made eight times at once opens one attempt', async () => {
    const twin = await make(USUAL)
    const before = await stateOf(twin)
    const claim = claimOf(twin, USUAL)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => claimFast(database.db, claim, before, Date.now())),
    )
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
    const opened = await owner.rows('select 1 from publish_attempts where post_id = ?', [
      twin.postId,
    ])
    expect(opened).toHaveLength(1)
  })
})

describe('a published answer in one round trip', () => {
  /** A claimed target, and what its end is written with. */
  async function claimed(situation: Situation) {
    const twin = await make(situation)
    const claim = claimOf(twin, situation)
    const answer = await inTenant((em) => claimPublish(em, claim, Date.now()))
    const attemptId = answer.outcome === 'claimed' ? answer.attempt.id : ''
    return { twin, ids: { ...twin.ids, attemptId }, snapshot: await stateOf(twin) }
  }

  const claimable = situations.map((situation) => ({
    ...situation,
    ...{ approval: 'approved' as const, stagedRevision: 1 },
    targets: ['queued' as const, ...situation.targets.slice(1)],
  }))

  test('is the locked end, row for row, or nothing at all', async () => {
    await fc.assert(
      fc.asyncProperty(claimable, async (situation) => {
        const [fast, locked] = [await claimed(situation), await claimed(situation)]
        const untouched = await everything(fast.twin, undefined)
        const answer = await publishedFast(database.db, fast.ids, PUBLISHED, fast.snapshot)
        if (answer === undefined) {
          expect(await everything(fast.twin, undefined)).toEqual(untouched)
          return
        }
        const wanted = await inTenant((em) => endAttempt(em, locked.ids, PUBLISHED))
        expect(await everything(fast.twin, answer)).toEqual(await everything(locked.twin, wanted))
      }),
      { numRuns: 40, examples: [[{ ...USUAL, approval: 'approved', targets: ['queued'] }]] },
    )
  })

  test('publishes the post and counts on the connection', async () => {
    const { twin, ids, snapshot } = await claimed({ ...USUAL, targets: ['pending'] })
    const answer = await publishedFast(database.db, ids, PUBLISHED, snapshot)
    expect(answer).toMatchObject({ applied: true, post: { status: 'published' } })
    const counted = await owner.rows(
      `select post_count, last_post_status from connections c
       join post_targets g on g.connection_id = c.id where g.id = ?`,
      [twin.ids.targetId],
    )
    expect(counted).toEqual([{ post_count: 1, last_post_status: 'published' }])
  })

  test.each<[string, AttemptEnd]>([
    ['a lookup', { ...PUBLISHED, confirmedBy: 'lookup' }],
    ['a proof of absence', { status: 'absent' }],
  ])('is left to the lock for %s', async (_, end) => {
    const { ids, snapshot } = await claimed(USUAL)
    expect(await publishedFast(database.db, ids, end, snapshot)).toBeUndefined()
  })

  test('is left to the lock when another target failed', async () => {
    const { ids, snapshot } = await claimed({
      ...USUAL,
      ...{ status: 'queued', targets: ['queued', 'failed'] },
    })
    expect(await publishedFast(database.db, ids, PUBLISHED, snapshot)).toBeUndefined()
  })

  test('given twice is applied once', async () => {
    const { twin, ids, snapshot } = await claimed(USUAL)
    expect(await publishedFast(database.db, ids, PUBLISHED, snapshot)).toBeDefined()
    const once = await everything(twin, undefined)
    expect(await publishedFast(database.db, ids, PUBLISHED, snapshot)).toBeUndefined()
    const current = await stateOf(twin)
    expect(await publishedFast(database.db, ids, PUBLISHED, current)).toBeUndefined()
    expect(await everything(twin, undefined)).toEqual(once)
  })
})
