import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { recordRefreshTrouble } from '../../db/repositories/connection-status.ts'
import { writeTokens } from '../../db/repositories/connection-tokens.ts'
import type { TestDatabase } from '../support/database.ts'
import { testDatabase } from '../support/database.ts'
import type { Team } from './rows.ts'
import { addConnection, makeTeam } from './rows.ts'

let database: TestDatabase
let team: Team

type Kind = 'refused' | 'away'

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
})
afterAll(() => database.drop())

function anAccount(): Promise<string> {
  return database.db.withTenant(team.tenantId, (em) =>
    addConnection(em, team, {
      status: 'active',
      platformAccountId: `a${Math.random()}`,
      connectedAt: new Date(),
      isAuthenticated: true,
    }),
  )
}

async function trouble(connectionId: string, kinds: Kind[]): Promise<void> {
  const ids = { tenantId: team.tenantId, connectionId }
  for (const kind of kinds) {
    await database.db.withTenant(team.tenantId, (em) =>
      recordRefreshTrouble(em, ids, 0, {
        code: kind,
        message: 'It did not work.',
        nextTryAt: new Date(),
        isRefusal: kind === 'refused',
        answered: true,
      }),
    )
  }
}

async function stateOf(connectionId: string) {
  const sql = 'select status, refresh_failures, refresh_refusals from connections where id = ?'
  const [row] = await database.db.withTenant(team.tenantId, (em) =>
    em.execute<object[]>(sql, [connectionId]),
  )
  return row
}

const times = (count: number, what: Kind): Kind[] => Array.from({ length: count }, () => what)

describe('refreshes that fail without proof of revocation', () => {
  test('trouble that passes never leaves active, however long it lasts', async () => {
    const id = await anAccount()
    await trouble(id, times(12, 'away'))
    expect(await stateOf(id)).toEqual({
      status: 'active',
      refresh_failures: 12,
      refresh_refusals: 0,
    })
  })

  test('four refusals after any trouble are not enough, and other trouble begins them anew', async () => {
    const id = await anAccount()
    await trouble(id, [...times(5, 'away'), ...times(4, 'refused'), 'away', ...times(4, 'refused')])
    expect(await stateOf(id)).toMatchObject({ status: 'active', refresh_refusals: 4 })
  })

  test('five in a row are an error, and one success mends it', async () => {
    const id = await anAccount()
    await trouble(id, times(5, 'refused'))
    expect(await stateOf(id)).toMatchObject({ status: 'error', refresh_failures: 5 })
    await database.db.withTenant(team.tenantId, (em) =>
      writeTokens(em, {
        tenantId: team.tenantId,
        connectionId: id,
        expectedVersion: 0,
        tokens: [],
        tokenType: 'bearer',
        scopes: [],
        issuedAt: new Date(),
        expiresAt: null,
        refreshExpiresAt: null,
        nextRefreshAt: null,
        isRefresh: true,
      }),
    )
    expect(await stateOf(id)).toEqual({
      status: 'active',
      refresh_failures: 0,
      refresh_refusals: 0,
    })
  })
})
