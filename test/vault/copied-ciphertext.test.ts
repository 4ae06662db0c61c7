import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { REWRAP_PLACES } from '../../db/repositories/rewrap-places.ts'
import { CipherRefused } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { openSession, type Session } from '../db/sessions.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { describeWithVault } from '../support/vault.ts'
import { freshLocalCipher, freshVaultCipher } from './ciphers.ts'
import { fillSecrets, openSecrets, type Secrets } from './secrets.ts'

const local = freshLocalCipher()
describe('the local cipher', () => {
  bindsCiphertexts(() => Promise.resolve(local))
})

describeWithVault('Vault', (vault) => {
  bindsCiphertexts(() => freshVaultCipher(vault()))
})

test('every column of ciphertext is in the list of what a rotation moves', async () => {
  const database = await testDatabase()
  const owner = openSession(database.url)
  const columns = await owner.rows(
    `select table_name, column_name from information_schema.columns
     where table_schema = 'public' and column_name like '%ciphertext%'`,
  )
  const listed = REWRAP_PLACES.flatMap(({ table, secrets }) =>
    secrets.map(({ column }) => `${table}.${column}`),
  )
  const existing = columns.map(({ table_name, column_name }) => `${table_name}.${column_name}`)
  expect(existing.sort()).toEqual(listed.sort())
  await owner.close()
  await database.drop()
})

/** Copies made by somebody who can write to the database, but does not have the key. */
function bindsCiphertexts(makeCipher: () => Promise<TokenCipher>): void {
  let database: TestDatabase
  let owner: Session
  let cipher: TokenCipher
  let victim: Secrets
  let thief: Secrets

  beforeAll(async () => {
    cipher = await makeCipher()
    database = await testDatabase()
    owner = openSession(database.url)
  })
  afterAll(async () => {
    await owner.close()
    await database.drop()
    await cipher.close()
  })
  beforeEach(async () => {
    victim = await fillSecrets(database.db, cipher, 2)
    thief = await fillSecrets(database.db, cipher, 1)
  })

  const token = (which: Secrets, at: number, kind: string) =>
    `(select ciphertext from connection_tokens
      where connection_id = '${which.connectionIds[at]}' and kind = '${kind}')`
  const paste = (which: Secrets, at: number, kind: string, source: string) =>
    `update connection_tokens set ciphertext = ${source}
     where connection_id = '${which.connectionIds[at]}' and kind = '${kind}'`
  const appSecret = (which: Secrets, column: string) =>
    `(select ${column} from platform_apps where id = '${which.appId}')`
  const pasteApp = (which: Secrets, column: string, source: string) =>
    `update platform_apps set ${column} = ${source} where id = '${which.appId}'`

  const copies: [string, () => string, () => Secrets][] = [
    ['another connection', () => paste(victim, 1, 'access', token(victim, 0, 'access')), ofVictim],
    ['another field', () => paste(victim, 0, 'access', token(victim, 0, 'refresh')), ofVictim],
    ['another tenant', () => paste(thief, 0, 'access', token(victim, 0, 'access')), ofThief],
    [
      'an app of another tenant',
      () =>
        pasteApp(thief, 'client_secret_ciphertext', appSecret(victim, 'client_secret_ciphertext')),
      ofThief,
    ],
    [
      'the other secret of an app',
      () => pasteApp(thief, 'client_secret_ciphertext', appSecret(thief, 'api_secret_ciphertext')),
      ofThief,
    ],
    [
      'an app, from a token',
      () => pasteApp(thief, 'api_secret_ciphertext', token(thief, 0, 'access')),
      ofThief,
    ],
    [
      'a consent, from a token',
      () =>
        `update oauth_sessions set grant_ciphertext = ${token(victim, 0, 'access')}
         where id = '${thief.sessionId}'`,
      ofThief,
    ],
  ]

  function ofVictim(): Secrets {
    return victim
  }
  function ofThief(): Secrets {
    return thief
  }

  test.each(copies)('a ciphertext copied to %s does not open', async (_name, copy, owned) => {
    const { tenantId } = owned().team
    expect((await openSecrets(database.db, cipher, tenantId)).length).toBeGreaterThan(0)
    await owner.rows(copy())
    const reading = openSecrets(database.db, cipher, tenantId)
    await expect(reading).rejects.toBeInstanceOf(CipherRefused)
  })

  test('a row copied whole to another tenant does not open there', async () => {
    await owner.rows(
      `update connection_tokens set tenant_id = '${thief.team.tenantId}',
         connection_id = '${thief.connectionIds[0]}', kind = 'stolen'
       where connection_id = '${victim.connectionIds[0]}' and kind = 'access'`,
    )
    const reading = openSecrets(database.db, cipher, thief.team.tenantId)
    await expect(reading).rejects.toBeInstanceOf(CipherRefused)
  })
}
