import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ATTEMPT_STATUSES, type AttemptStatus } from '../../db/entities/publish-attempt.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addAttempt, addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'
import { CHECK, sqlState, UNIQUE } from './sessions.ts'

let database: TestDatabase
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
})
afterAll(() => database.drop())

async function newTarget(): Promise<{ postId: string; targetId: string }> {
  return database.db.withTenant(team.tenantId, async (em) => {
    const postId = await addPost(em, team)
    const connectionId = await addConnection(em, team)
    return { postId, targetId: await addTarget(em, team, { postId, connectionId }) }
  })
}

type Target = Awaited<ReturnType<typeof newTarget>>

async function attempt(target: Target, attemptNo: number, status: AttemptStatus): Promise<string> {
  const work = database.db.withTenant(team.tenantId, (em) =>
    addAttempt(em, team, {
      ...target,
      ...{ attemptNo, status, platformPostId: 'at://1' },
      finishedAt: status === 'open' ? null : new Date(),
    }),
  )
  return sqlState(work)
}

const MAY_HAVE_LANDED: readonly AttemptStatus[] = ['open', 'unconfirmed', 'published']

describe('the ledger', () => {
  test.each(ATTEMPT_STATUSES)('after an attempt that is %s', async (first) => {
    for (const second of MAY_HAVE_LANDED) {
      const target = await newTarget()
      expect(await attempt(target, 1, first)).toBe('ok')
      const expected = MAY_HAVE_LANDED.includes(first) ? UNIQUE : 'ok'
      expect({ second, outcome: await attempt(target, 2, second) }).toEqual({
        second,
        outcome: expected,
      })
    }
  })

  test('of many claims at once one wins', async () => {
    const target = await newTarget()
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1)
    const outcomes = await Promise.all(numbers.map((number) => attempt(target, number, 'open')))
    expect(outcomes.toSorted()).toEqual([...Array(11).fill(UNIQUE), 'ok'])
  })

  test('an attempt number is used once', async () => {
    const target = await newTarget()
    expect(await attempt(target, 1, 'not_sent')).toBe('ok')
    expect(await attempt(target, 1, 'rejected')).toBe(UNIQUE)
  })

  test.each([
    ['open', new Date()],
    ['not_sent', null],
  ] as const)('an attempt that is %s and finished at %p is refused', async (status, finishedAt) => {
    const target = await newTarget()
    const work = database.db.withTenant(team.tenantId, (em) =>
      addAttempt(em, team, { ...target, status, finishedAt }),
    )
    expect(await sqlState(work)).toBe(CHECK)
  })

  test('a published attempt knows its post', async () => {
    const target = await newTarget()
    const work = database.db.withTenant(team.tenantId, (em) =>
      addAttempt(em, team, { ...target, status: 'published', finishedAt: new Date() }),
    )
    expect(await sqlState(work)).toBe(CHECK)
  })
})

describe('uniqueness of', () => {
  test('an account of a platform within the tenant, until it is disconnected', async () => {
    const platformAccountId = `did:plc:${randomUUID()}`
    const connect = (data: object) =>
      sqlState(
        database.db.withTenant(team.tenantId, (em) =>
          addConnection(em, team, { platformAccountId, ...data }),
        ),
      )
    const gone = { status: 'disconnected', disconnectedAt: new Date() }
    expect(await connect(gone)).toBe('ok')
    expect(await connect({})).toBe('ok')
    expect(await connect(gone)).toBe('ok')
    expect(await connect({})).toBe(UNIQUE)
    expect(await connect({ platform: 'x' })).toBe('ok')
    const other = await makeTeam(database.db)
    const elsewhere = database.db.withTenant(other.tenantId, (em) =>
      addConnection(em, other, { platformAccountId }),
    )
    expect(await sqlState(elsewhere)).toBe('ok')
  })

  test('an external id within the tenant', async () => {
    const externalId = randomUUID()
    const create = (owner: Team) =>
      sqlState(database.db.withTenant(owner.tenantId, (em) => addPost(em, owner, { externalId })))
    expect(await create(team)).toBe('ok')
    expect(await create(team)).toBe(UNIQUE)
    expect(await create(await makeTeam(database.db))).toBe('ok')
  })
})
