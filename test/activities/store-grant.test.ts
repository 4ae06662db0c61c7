import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import type { ActivityDeps } from '../../activities/deps.ts'
import { storeGrant } from '../../activities/store-grant.ts'
import type { RefreshInput } from '../../activities/types.ts'
import { loadTokens } from '../../db/repositories/connection-tokens.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { Grant } from '../../platforms/authorizer.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { CipherDenied, CipherUnavailable } from '../../vault/cipher-errors.ts'
import { localCipher } from '../api/support/local-cipher.ts'
import { addConnection, makeTeam } from '../db/rows.ts'
import { openSession, type Session } from '../db/sessions.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const local = localCipher()
let database: TestDatabase
let owner: Session
let registry: Registry
let input: { tenantId: string; connectionId: string; tokenVersion: number }

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
  registry = makeRegistry({ http: { userAgent: 'test', allowedPrivateHosts: [] } })
})
afterAll(async () => {
  await Promise.allSettled([owner.close(), registry.http.close(), local.cipher.close()])
  local.remove()
  await database.drop()
})
beforeEach(async () => {
  const team = await makeTeam(database.db)
  const { tenantId } = team
  const connectionId = await database.db.withTenant(tenantId, (em) =>
    addConnection(em, team, {
      ...{ platform: 'x', platformAccountId: '1', status: 'active', refreshModel: 'rotating' },
      ...{ connectedAt: new Date(), isAuthenticated: true },
    }),
  )
  input = { tenantId, connectionId, tokenVersion: 0 }
})

const never = () => Promise.reject(new Error('storing a grant must not need this'))
const unused = (): never => {
  throw new Error('storing a grant reads no files')
}
const HOUR_MS = 3_600_000

function deps(cipher: Partial<ActivityDeps['cipher']> = {}): ActivityDeps {
  return {
    ...{ db: database.db, cipher: { ...local.cipher, ...cipher }, http: registry.http },
    ...{ connector: registry.connector, authorizer: registry.authorizer, app: () => undefined },
    limits: { of: () => () => undefined },
    media: () => ({ read: unused, exists: unused, url: unused }),
    ...{ freshToken: never, poke: never, workflowStatus: never, workerId: 'test' },
    timing: {
      commitTimeoutMs: 1_000,
      tokenMarginMs: 1_000,
      processingPatienceMs: 20_000,
      processingDeadlineMs: 60_000,
    },
    metrics: { attemptEnded: () => {}, refreshEnded: () => {}, swept: () => {} },
    log: pino({ level: 'silent' }),
  }
}

function grant(data: Partial<Grant> = {}): Grant {
  return {
    ...{ accessToken: 'access-1', refreshToken: 'refresh-1', tokenType: 'bearer' },
    ...{ scopes: ['tweet.read'], expiresAt: new Date(Date.now() + 2 * HOUR_MS) },
    ...data,
  }
}

/** As after a call of the token endpoint; says whether it was stored. */
async function store(given: ActivityDeps, to: RefreshInput, what: Grant): Promise<boolean> {
  const known = {
    ...{ refreshModel: 'rotating' as const, refreshExpiresAt: null },
    ...{ refreshFailures: 0, status: 'active' },
  }
  return (await storeGrant(given, to, what, known)).stored
}

/** What is stored, decrypted for the very connection and kind it belongs to. */
async function stored(): Promise<Record<string, string | undefined>> {
  const { tenantId, connectionId } = input
  const rows = await database.db.withTenant(tenantId, (em) =>
    loadTokens(em, tenantId, connectionId),
  )
  const items = rows.map(({ kind, ciphertext }) => ({
    ...{ ciphertext, context: tokenContext(tenantId, connectionId, kind) },
  }))
  const plain = await local.cipher.decrypt(items)
  return Object.fromEntries(rows.map(({ kind }, index) => [kind, plain[index]]))
}

describe('a refreshed grant', () => {
  test('is stored encrypted, every secret under its own kind', async () => {
    expect(await store(deps(), input, grant({ secrets: { token_secret: 's-1' } }))).toBe(true)
    expect(await stored()).toEqual({
      ...{ access: 'access-1', refresh: 'refresh-1', token_secret: 's-1' },
    })
    const rows = await owner.rows('select ciphertext from connection_tokens')
    expect(JSON.stringify(rows)).not.toMatch(/access-1|refresh-1|s-1/)
  })

  test('plans the next refresh within the token’s life, and tells of this one', async () => {
    await store(deps(), input, grant())
    const [planned] = await owner.rows(
      `select round(extract(epoch from next_refresh_at - issued_at))::int as wait_s
       from connections where id = ?`,
      [input.connectionId],
    )
    expect(Number(planned?.wait_s)).toBeGreaterThanOrEqual(0.65 * 7_200 - 1)
    expect(Number(planned?.wait_s)).toBeLessThanOrEqual(0.75 * 7_200 + 1)
    const events = await owner.rows(
      'select type, detail from connection_events where connection_id = ?',
      [input.connectionId],
    )
    expect(events).toEqual([{ type: 'refreshed', detail: { version: 1 } }])
  })

  test.each([undefined, ''])(
    'with the refresh token %j keeps the stored one',
    async (refreshToken) => {
      await store(deps(), input, grant())
      const next = { ...input, tokenVersion: 1 }
      await store(deps(), next, grant({ accessToken: 'access-2', refreshToken }))
      expect(await stored()).toEqual({ access: 'access-2', refresh: 'refresh-1' })
    },
  )

  test('never replaces newer tokens', async () => {
    await store(deps(), input, grant())
    expect(await store(deps(), input, grant({ accessToken: 'late' }))).toBe(false)
    expect(await stored()).toMatchObject({ access: 'access-1' })
  })

  test('of a connection that is gone is let go', async () => {
    await owner.rows('delete from connections where id = ?', [input.connectionId])
    expect(await store(deps(), input, grant())).toBe(false)
  })
})

describe('while the cipher is away', () => {
  test.each([
    ['sealed', new CipherUnavailable('sealed')],
    // So Vault answers to encrypting when the key was deleted or the policy changed.
    ['denied', new CipherDenied('no')],
  ])('%s: a rotated pair is kept until it can be stored', async (_name, trouble) => {
    let failures = 1
    const encrypt: ActivityDeps['cipher']['encrypt'] = (items) => {
      if (failures-- > 0) return Promise.reject(trouble)
      return local.cipher.encrypt(items)
    }
    expect(await store(deps({ encrypt }), input, grant())).toBe(true)
    expect(await stored()).toMatchObject({ refresh: 'refresh-1' })
  })

  test('another error is not tried again', async () => {
    const encrypt = () => Promise.reject(new TypeError('our mistake'))
    await expect(store(deps({ encrypt }), input, grant())).rejects.toThrow('our mistake')
  })
})
