import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { TokenWrite } from '../../db/repositories/connection-tokens.ts'
import { eraseTokens, loadTokens, writeTokens } from '../../db/repositories/connection-tokens.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, makeTeam, type Team } from './rows.ts'
import { openSession, type Row, type Session } from './sessions.ts'

let database: TestDatabase
let owner: Session
let team: Team
let connectionId: string

beforeAll(async () => {
  database = await testDatabase()
  owner = openSession(database.url)
})
afterAll(async () => {
  await owner.close()
  await database.drop()
})
beforeEach(async () => {
  team = await makeTeam(database.db)
  connectionId = await newConnection()
})

function newConnection(): Promise<string> {
  return database.db.withTenant(team.tenantId, (em) =>
    addConnection(em, team, { platformAccountId: crypto.randomUUID() }),
  )
}

const ISSUED_AT = new Date('2026-12-01T09:00:00Z')
const EXPIRES_AT = new Date('2026-12-01T11:00:00Z')
const LATER = new Date('2027-06-01T00:00:00Z')

function token(kind: string, word: string) {
  return { kind, ciphertext: `local:v1:${word}`, keyVersion: 1, expiresAt: EXPIRES_AT }
}

function write(expectedVersion: number, data: Partial<TokenWrite> = {}) {
  const given: TokenWrite = {
    ...{ tenantId: team.tenantId, connectionId, expectedVersion },
    tokens: [token('access', `a${expectedVersion}`), token('refresh', `r${expectedVersion}`)],
    ...{ tokenType: 'bearer', scopes: ['read', 'write'], issuedAt: ISSUED_AT },
    ...{ expiresAt: EXPIRES_AT, refreshExpiresAt: LATER, nextRefreshAt: EXPIRES_AT },
    ...{ isRefresh: true, ...data },
  }
  return database.db.withTenant(team.tenantId, (em) => writeTokens(em, given))
}

const connect = (version = 0) => write(version, { isRefresh: false })

async function row(): Promise<Row> {
  const [found] = await owner.rows('select * from connections where id = ?', [connectionId])
  return Object.fromEntries(
    Object.entries(found ?? {}).map(([name, value]) => [name, dated(value)]),
  )
}

/** The driver answers instants as text. */
function dated(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:/.test(value) ? new Date(value) : value
}

async function tokens(): Promise<string[]> {
  const found = await owner.rows(
    `select kind, ciphertext, token_version from connection_tokens where connection_id = ?
     order by kind`,
    [connectionId],
  )
  return found.map((one) => `${one.kind} ${one.ciphertext} of version ${one.token_version}`)
}

function change(set: string): Promise<Row[]> {
  return owner.rows(`update connections set ${set} where id = ?`, [connectionId])
}

describe('tokens', () => {
  test('are written with what is known of them', async () => {
    expect(await connect()).toBe(1)
    expect(await tokens()).toEqual([
      'access local:v1:a0 of version 1',
      'refresh local:v1:r0 of version 1',
    ])
    expect(await row()).toMatchObject({
      ...{ status: 'active', token_version: 1, token_type: 'bearer', scopes: ['read', 'write'] },
      ...{ is_authenticated: true, issued_at: ISSUED_AT, expires_at: EXPIRES_AT },
      ...{ refresh_expires_at: LATER, next_refresh_at: EXPIRES_AT, last_token_refresh_at: null },
    })
  })

  test('are replaced together', async () => {
    await connect()
    expect(await write(1)).toBe(2)
    expect(await tokens()).toEqual([
      'access local:v1:a1 of version 2',
      'refresh local:v1:r1 of version 2',
    ])
  })

  test.each([0, 2])(
    'of a connection at version 1 are not replaced by one who read %i',
    async (v) => {
      await connect()
      const before = { row: await row(), tokens: await tokens() }
      expect(await write(v)).toBeUndefined()
      expect({ row: await row(), tokens: await tokens() }).toEqual(before)
    },
  )

  test('written by eight at once are those of one', async () => {
    await connect()
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const versions = await Promise.all(
      words.map((word) => write(1, { tokens: [token('access', word), token('refresh', word)] })),
    )
    expect(versions.filter((version) => version !== undefined)).toEqual([2])
    const winner = words[versions.indexOf(2)]
    expect(await tokens()).toEqual([
      `access local:v1:${winner} of version 2`,
      `refresh local:v1:${winner} of version 2`,
    ])
  })

  test('of other kinds stay when a platform gives only one', async () => {
    await connect()
    await write(1, { tokens: [token('access', 'new')] })
    expect(await tokens()).toEqual([
      'access local:v1:new of version 2',
      'refresh local:v1:r0 of version 1',
    ])
  })

  test('are loaded and erased for one connection alone', async () => {
    const mine = connectionId
    await connect()
    connectionId = await newConnection()
    await connect()
    const { tenantId } = team
    const load = (id: string) =>
      database.db.withTenant(tenantId, (em) => loadTokens(em, tenantId, id))
    await database.db.withTenant(tenantId, (em) => eraseTokens(em, tenantId, mine))
    expect(await load(mine)).toEqual([])
    const kept = await load(connectionId)
    expect(kept.map(({ kind, ciphertext }) => `${kind} ${ciphertext}`).sort()).toEqual([
      'access local:v1:a0',
      'refresh local:v1:r0',
    ])
  })
})

describe('what a refresh does not say', () => {
  test('stays as it was', async () => {
    await write(0, { isRefresh: false, serviceUrl: 'https://pds.example' })
    await write(1, { scopes: [], refreshExpiresAt: null, expiresAt: null, nextRefreshAt: null })
    expect(await row()).toMatchObject({
      ...{ scopes: ['read', 'write'], refresh_expires_at: LATER },
      ...{ service_url: 'https://pds.example' },
      // These are of the access token, which is a new one.
      ...{ expires_at: null, next_refresh_at: null },
    })
  })

  test('is replaced once it says it', async () => {
    await write(0, { isRefresh: false, serviceUrl: 'https://old.example' })
    await write(1, { scopes: ['read'], serviceUrl: 'https://new.example' })
    expect(await row()).toMatchObject({ scopes: ['read'], service_url: 'https://new.example' })
  })

  test.each([[['a]b', '[c]']], [['with, comma', 'a "quoted" one', '{}', 'back\\slash']]])(
    'scopes are kept letter for letter: %j',
    async (scopes) => {
      await connect()
      expect(await write(1, { scopes })).toBe(2)
      expect(await row()).toMatchObject({ scopes })
    },
  )
})

describe('a connection in trouble', () => {
  const TROUBLE = `status = 'error', refresh_failures = 4, refresh_started_at = now(),
    last_error = '{"code": "x", "message": "y", "at": "z"}'`

  test('is well again after a refresh', async () => {
    await connect()
    await change(TROUBLE)
    await write(1)
    expect(await row()).toMatchObject({
      ...{ status: 'active', refresh_failures: 0, last_error: null, refresh_started_at: null },
      last_token_refresh_at: expect.any(Date),
    })
  })

  test('that was disconnected is revived by a reconnect and not by a late refresh', async () => {
    await connect()
    await change(`status = 'disconnected', disconnected_at = now(), is_authenticated = false`)
    const before = await tokens()
    expect(await write(1)).toBeUndefined()
    expect(await tokens()).toEqual(before)
    expect(await row()).toMatchObject({ status: 'disconnected', is_authenticated: false })
    expect(await connect(1)).toBe(2)
    expect(await row()).toMatchObject({ status: 'active', disconnected_at: null })
  })

  test('is connected since its last consent, whatever was refreshed since', async () => {
    await connect()
    await change(`connected_at = '2026-01-01T00:00:00Z'`)
    await write(1)
    expect(await row()).toMatchObject({ connected_at: new Date('2026-01-01T00:00:00Z') })
    await connect(2)
    const { connected_at: since } = await row()
    expect(since).not.toEqual(new Date('2026-01-01T00:00:00Z'))
  })
})

test('every write raises the number that snapshots are ordered by', async () => {
  const numbers: unknown[] = []
  for (const version of [0, 1, 2]) {
    await write(version, { isRefresh: version > 0 })
    numbers.push(Number((await row()).seq))
  }
  expect(numbers).toEqual([1, 2, 3])
})
