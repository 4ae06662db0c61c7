import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Database } from '../../db/open-database.ts'
import {
  createApiKey,
  findLiveApiKey,
  revokeApiKey,
  touchApiKey,
} from '../../db/repositories/api-keys.ts'
import { recordAudit } from '../../db/repositories/audit.ts'
import {
  claimIdempotencyKey,
  completeIdempotencyKey,
  deleteExpiredIdempotencyKeys,
  type IdempotencyRequest,
  releaseIdempotencyKey,
} from '../../db/repositories/idempotency.ts'
import {
  consumeOauthSession,
  createOauthSession,
  deleteExpiredOauthSessions,
  failOauthSession,
  locateOauthSession,
} from '../../db/repositories/oauth-sessions.ts'
import { seedTenant } from '../../db/seed.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { makeTeam, type Team } from './rows.ts'

let database: TestDatabase
let db: Database
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
})
afterAll(() => database.drop())
beforeEach(async () => {
  team = await makeTeam(db)
})

const IN_A_MINUTE = () => new Date(Date.now() + 60_000)
const A_MINUTE_AGO = () => new Date(Date.now() - 60_000)

describe('seedTenant', () => {
  test('makes tenant, users, roles and key, and nothing twice', async () => {
    const seed = {
      ...{ slug: `seed-${randomUUID()}`, name: 'Seed' },
      apiKey: { name: 'demo', prefix: 'clr_de', keyHash: randomUUID(), scopes: ['posts:read'] },
    }
    const first = await seedTenant(db, seed)
    const second = await seedTenant(db, seed)
    expect(second).toEqual(first)
    expect(first.users.map(({ role }) => role)).toEqual(['admin', 'marketing', 'staff'])
    const counts = await db.withTenant(first.tenantId, (em) =>
      em.execute(
        `select (select count(*)::int from users) as users,
                (select count(*)::int from memberships) as roles,
                (select count(*)::int from api_keys) as keys`,
      ),
    )
    expect(counts).toEqual([{ users: 3, roles: 3, keys: 1 }])
    const found = await db.asSystem((em) => findLiveApiKey(em, seed.apiKey.keyHash))
    expect(found).toMatchObject({
      ...{ tenantId: first.tenantId, userId: first.users[0]?.id },
      ...{ role: 'admin', scopes: ['posts:read'] },
    })
  })
})

describe('API keys', () => {
  const newKey = (data: { expiresAt?: Date } = {}) => {
    const keyHash = randomUUID()
    const { tenantId, adminId: userId } = team
    return db.withTenant(tenantId, (em) =>
      createApiKey(em, {
        ...{ tenantId, userId, name: 'key', prefix: 'clr_ab', keyHash },
        ...{ scopes: ['posts:read', 'posts:write'], ...data },
      }),
    )
  }
  const find = (hash: string) => db.asSystem((em) => findLiveApiKey(em, hash))

  test('are found by their hash while they live', async () => {
    const key = await newKey({ expiresAt: IN_A_MINUTE() })
    expect(await find(key.keyHash)).toEqual({
      ...{ id: key.id, tenantId: team.tenantId, userId: team.adminId, name: 'key' },
      ...{ role: 'admin', scopes: ['posts:read', 'posts:write'] },
    })
    expect(await find('another')).toBeUndefined()
  })

  test('are not found once revoked or expired', async () => {
    const expired = await newKey({ expiresAt: A_MINUTE_AGO() })
    expect(await find(expired.keyHash)).toBeUndefined()
    const key = await newKey()
    const revoke = () => db.withTenant(team.tenantId, (em) => revokeApiKey(em, key.id))
    expect([await revoke(), await revoke()]).toEqual([true, false])
    expect(await find(key.keyHash)).toBeUndefined()
  })

  test('note their use', async () => {
    const key = await newKey()
    await db.asSystem((em) => touchApiKey(em, key.id))
    const rows = await db.withTenant(team.tenantId, (em) =>
      em.execute('select last_used_at is not null as used from api_keys where id = ?', [key.id]),
    )
    expect(rows).toEqual([{ used: true }])
  })

  test('of another tenant cannot be revoked', async () => {
    const key = await newKey()
    const other = await makeTeam(db)
    expect(await db.withTenant(other.tenantId, (em) => revokeApiKey(em, key.id))).toBe(false)
    expect(await find(key.keyHash)).toBeDefined()
  })
})

describe('idempotency keys', () => {
  const request = (data: Partial<IdempotencyRequest> = {}): IdempotencyRequest => ({
    ...{ tenantId: team.tenantId, key: 'k', operation: 'POST /v1/posts', fingerprint: 'f' },
    ...{ lockMs: 60_000, keepMs: 60_000, ...data },
  })
  const claim = (data: Partial<IdempotencyRequest> = {}) =>
    db.withTenant(team.tenantId, (em) => claimIdempotencyKey(em, request(data)))
  const claimed = async (data: Partial<IdempotencyRequest> = {}) => {
    const result = await claim(data)
    if (result.outcome !== 'claimed') throw new Error(`The key is ${result.outcome}.`)
    return result.claim
  }
  const response = { status: 201, body: { id: 'post', n: [1, null] }, headers: { etag: '"1"' } }

  test('of many requests at once one works', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => claim()))
    const outcomes = results.map(({ outcome }) => outcome).toSorted()
    expect(outcomes).toEqual(['claimed', ...Array(9).fill('in_flight')])
  })

  test('replay the answer, and only to the same request', async () => {
    const mine = await claimed()
    const complete = () =>
      db.withTenant(team.tenantId, (em) => completeIdempotencyKey(em, mine, response))
    expect([await complete(), await complete()]).toEqual([true, false])
    expect(await claim()).toEqual({ outcome: 'replay', response })
    expect(await claim({ fingerprint: 'other' })).toEqual({ outcome: 'reused' })
  })

  test('replay an answer without a body', async () => {
    const mine = await claimed()
    const empty = { status: 204, body: null, headers: {} }
    await db.withTenant(team.tenantId, (em) => completeIdempotencyKey(em, mine, empty))
    expect(await claim()).toEqual({ outcome: 'replay', response: empty })
  })

  test('of a request that died are taken over, and its late answer is void', async () => {
    const dead = await claimed({ lockMs: -1 })
    expect(await claim({ fingerprint: 'other' })).toEqual({ outcome: 'reused' })
    await claimed()
    const late = db.withTenant(team.tenantId, (em) => completeIdempotencyKey(em, dead, response))
    expect(await late).toBe(false)
    await db.withTenant(team.tenantId, (em) => releaseIdempotencyKey(em, dead))
    expect(await claim()).toEqual({ outcome: 'in_flight' })
  })

  test('are free again once released or expired', async () => {
    const mine = await claimed()
    await db.withTenant(team.tenantId, (em) => releaseIdempotencyKey(em, mine))
    await claimed({ keepMs: -1 })
    expect(await claim({ fingerprint: 'other' })).toMatchObject({ outcome: 'claimed' })
  })

  test('of two tenants do not meet', async () => {
    await claimed()
    const other = await makeTeam(db)
    const theirs = db.withTenant(other.tenantId, (em) =>
      claimIdempotencyKey(em, request({ tenantId: other.tenantId })),
    )
    expect(await theirs).toMatchObject({ outcome: 'claimed' })
  })

  test('that expired are deleted, the others stay', async () => {
    await claimed({ key: 'old', keepMs: -1 })
    await claimed({ key: 'new' })
    await db.asSystem((em) => deleteExpiredIdempotencyKeys(em, 1_000))
    const left = await db.withTenant(team.tenantId, (em) =>
      em.execute('select key from idempotency_keys'),
    )
    expect(left).toEqual([{ key: 'new' }])
  })
})

describe('OAuth sessions', () => {
  const open = async (expiresAt = IN_A_MINUTE()) => {
    const stateHash = randomUUID()
    const { tenantId, adminId: userId } = team
    const session = await db.withTenant(tenantId, (em) =>
      createOauthSession(em, {
        ...{ tenantId, userId, platform: 'mastodon', stateHash, expiresAt },
        ...{ redirectUri: 'https://clarion.example/cb', requestedScopes: ['read', 'write'] },
        ...{ codeVerifierCiphertext: 'local:v1:abc', serviceUrl: 'https://social.example' },
      }),
    )
    return { id: session.id, stateHash }
  }
  const consume = (stateHash: string, tenantId = team.tenantId) =>
    db.withTenant(tenantId, (em) => consumeOauthSession(em, stateHash))
  const locate = (stateHash: string) => db.asSystem((em) => locateOauthSession(em, stateHash))

  test('are located by state and used once, however many callbacks come', async () => {
    const { id, stateHash } = await open()
    expect(await locate(stateHash)).toEqual({
      ...{ id, tenantId: team.tenantId, platform: 'mastodon', status: 'pending', expired: false },
    })
    const callbacks = await Promise.all(Array.from({ length: 8 }, () => consume(stateHash)))
    const winners = callbacks.filter((session) => session !== undefined)
    expect(winners).toHaveLength(1)
    expect(winners[0]).toMatchObject({
      ...{ id, userId: team.adminId, platform: 'mastodon', status: 'used' },
      ...{ requestedScopes: ['read', 'write'], codeVerifierCiphertext: 'local:v1:abc' },
      ...{ serviceUrl: 'https://social.example', usedAt: expect.any(Date) },
    })
    expect(await locate(stateHash)).toMatchObject({ status: 'used' })
  })

  test('cannot be used when forged, expired, failed or from another tenant', async () => {
    expect(await locate('forged')).toBeUndefined()
    expect(await consume('forged')).toBeUndefined()
    const expired = await open(A_MINUTE_AGO())
    expect(await locate(expired.stateHash)).toMatchObject({ expired: true })
    expect(await consume(expired.stateHash)).toBeUndefined()
    const failed = await open()
    await db.withTenant(team.tenantId, (em) => failOauthSession(em, failed.id, 'access_denied'))
    expect(await consume(failed.stateHash)).toBeUndefined()
    const foreign = await open()
    const other = await makeTeam(db)
    expect(await consume(foreign.stateHash, other.tenantId)).toBeUndefined()
    expect(await consume(foreign.stateHash)).toBeDefined()
  })

  test('that expired are deleted, the others stay', async () => {
    const old = await open(A_MINUTE_AGO())
    const young = await open()
    await db.asSystem((em) => deleteExpiredOauthSessions(em, 1_000))
    expect(await locate(old.stateHash)).toBeUndefined()
    expect(await locate(young.stateHash)).toBeDefined()
  })
})

describe('the audit log', () => {
  test('keeps an entry with the transaction it tells about, or neither', async () => {
    const entry = {
      ...{ tenantId: team.tenantId, actorType: 'user', actorId: team.adminId },
      ...{ action: 'post.schedule', resourceType: 'post', resourceId: 'p', requestId: 'r' },
      detail: { revision: 2 },
    }
    await db.withTenant(team.tenantId, (em) => recordAudit(em, entry))
    const undone = db.withTenant(team.tenantId, async (em) => {
      await recordAudit(em, entry)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    const entries = await db.withTenant(team.tenantId, (em) =>
      em.execute('select actor_id, action, detail from audit_log'),
    )
    expect(entries).toEqual([
      { actor_id: team.adminId, action: 'post.schedule', detail: { revision: 2 } },
    ])
  })
})
