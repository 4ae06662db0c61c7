import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tokenContext } from '../../domain/token-context.ts'
import { CipherDenied } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { describeWithVault } from '../support/vault.ts'
import { consent, openAccount } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

const SUCCESS = 'https://app.example/connected'

describeWithVault('an API with its own AppRole of Vault', (vault) => {
  let cipher: TokenCipher
  let api: TestApi
  let alice: Client

  beforeAll(async () => {
    const mount = `transit-${randomBytes(4).toString('hex')}`
    const options = { ...vault(), mount }
    await ensureTransitKeys(options)
    const { api: appRole } = await bootstrapAppRoles({ ...options, prefix: mount })
    cipher = makeVaultCipher({ ...options, token: undefined, appRole })
    api = await startTestApi({ cipher, successUrl: SUCCESS })
    alice = makeClient(api.url, api.alice.key)
  })
  afterAll(async () => {
    await api?.close()
    await cipher?.close()
  })

  async function connect(platform: 'x' | 'mastodon', fields: object): Promise<string> {
    const { handle } = await openAccount(api, platform)
    const begun = await alice.post('/v1/connections/authorize', { platform, ...fields })
    const { reply } = await consent(api, alice, String(begun.json.authorization_url), {
      account: handle,
    })
    const target = new URL(reply.headers.get('location') ?? 'none:')
    expect(target.origin + target.pathname).toBe(SUCCESS)
    return target.searchParams.get('connection_id') ?? ''
  }

  test('ends consents: X with its verifier, Mastodon with a registered app as well', async () => {
    await connect('x', {})
    const instance = { instance_url: api.sandboxUrl }
    await connect('mastodon', instance)
    // The second account finds the registration, whose secret is then read from the database.
    await connect('mastodon', instance)
  })

  test('cannot read the tokens it has taken in', async () => {
    const connectionId = await connect('x', {})
    const [row] = await api.db.withTenant(api.alice.tenantId, (em) =>
      em.execute<{ ciphertext: string }[]>(
        `select ciphertext from connection_tokens where connection_id = ? and kind = 'access'`,
        [connectionId],
      ),
    )
    const context = tokenContext(api.alice.tenantId, connectionId, 'access')
    const reading = cipher.decrypt([{ ciphertext: row?.ciphertext ?? '', context }])
    await expect(reading).rejects.toBeInstanceOf(CipherDenied)
  })
})
