import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeTokens } from '../../db/repositories/connection-tokens.ts'
import { tokenContext } from '../../domain/token-context.ts'
import { CipherRefused } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { describeWithVault, type TestVault } from '../support/vault.ts'
import { freshLocalCipher, freshVaultCipher } from './ciphers.ts'
import { type RotationStack, startRotationStack } from './rotation-stack.ts'
import { fillSecrets, openSecrets, type Secrets } from './secrets.ts'

const CONNECTIONS = 60
const WRITERS = 4

const local = freshLocalCipher()
describe('the local cipher', () => {
  rotatesWhileRefreshing(() => Promise.resolve(local))
})

describeWithVault('Vault', (vault: () => TestVault) => {
  rotatesWhileRefreshing(() => freshVaultCipher(vault()))
})

function rotatesWhileRefreshing(makeCipher: () => Promise<TokenCipher>): void {
  let stack: RotationStack
  let secrets: Secrets

  beforeAll(async () => {
    stack = await startRotationStack(await makeCipher())
    secrets = await fillSecrets(stack.db, stack.cipher, CONNECTIONS)
  })
  afterAll(async () => {
    await stack.stop()
    await stack.cipher.close()
  })

  /** Writes a connection's pair as a refresh does; answers what the access token is now. */
  async function refresh(connectionId: string, version: number): Promise<string> {
    const { tenantId } = secrets.team
    const given = ['access', 'refresh'].map((kind) => ({
      plaintext: `${connectionId}-${kind}-${version}`,
      context: tokenContext(tenantId, connectionId, kind),
    }))
    const sealed = await stack.cipher.encrypt(given)
    const written = await stack.db.withTenant(tenantId, (em) =>
      writeTokens(em, {
        ...{ tenantId, connectionId, expectedVersion: version - 1, isRefresh: true },
        tokens: ['access', 'refresh'].map((kind, at) => ({
          kind,
          ciphertext: sealed[at]?.ciphertext ?? '',
          keyVersion: sealed[at]?.keyVersion ?? 0,
          expiresAt: null,
        })),
        ...{ tokenType: 'bearer', scopes: [], issuedAt: new Date(), expiresAt: null },
        ...{ refreshExpiresAt: null, nextRefreshAt: null },
      }),
    )
    if (written !== version) throw new Error('a refresh was lost')
    return given[0]?.plaintext ?? ''
  }

  test('rotations while refreshes run: the newest token of each is there and readable', async () => {
    const latest = new Map<string, string>()
    let over = false
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let version = 1; !over; version++) {
        for (const id of secrets.connectionIds.filter((_id, at) => at % WRITERS === writer)) {
          latest.set(id, await refresh(id, version))
        }
      }
    })
    const old = await openSecrets(stack.db, stack.cipher, secrets.team.tenantId)
    const outcomes = []
    for (let rotations = 0; rotations < 2; rotations++) {
      const rotation = await stack.start({ settleMs: 300, rowsPerPage: 10 })
      outcomes.push(await rotation.result())
    }
    over = true
    await Promise.all(writers)
    expect(outcomes).toMatchObject([{ outcome: 'done' }, { outcome: 'done', version: 3 }])
    const now = await openSecrets(stack.db, stack.cipher, secrets.team.tenantId)
    expect(now.map(({ keyVersion }) => keyVersion)).toEqual(now.map(() => 3))
    const opened = new Set(now.map(({ plaintext }) => plaintext))
    expect(latest.size).toBe(CONNECTIONS)
    for (const token of latest.values()) expect(opened).toContain(token)
    const [connectionId = ''] = secrets.connectionIds
    const stolen = old.find(({ plaintext }) => plaintext.includes(connectionId))
    const context = tokenContext(secrets.team.tenantId, connectionId, 'access')
    const reading = stack.cipher.decrypt([{ ciphertext: stolen?.ciphertext ?? '', context }])
    await expect(reading).rejects.toBeInstanceOf(CipherRefused)
  }, 90_000)
}
