import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tokenContext } from '../../domain/token-context.ts'
import { CipherDenied } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { describeWithVault } from '../support/vault.ts'
import { consent, openAccount } from './support/accounts.ts'
import { sandboxApp, startTestApi, type TestApi } from './support/api.ts'
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

  test('keeps a consent of several accounts sealed, and opens it when some are chosen', async () => {
    const { clientId, clientSecret } = sandboxApp('facebook')
    // The tenant's own app: its secret is read back from the database for the exchange.
    const app = { platform: 'facebook', app_id: clientId, app_secret: clientSecret }
    const { json } = await alice.post('/v1/platform-apps', app)
    const begun = await alice.post('/v1/connections/authorize', { platform: 'facebook' })
    await consent(api, alice, String(begun.json.authorization_url), { account: 'alice' })
    const path = `/v1/oauth-sessions/${begun.json.session_id}`
    const session = await alice.get(path)
    expect(session.json.status).toBe('awaiting_choice')
    const accounts: { account_id: string }[] = JSON.parse(session.text).accounts
    const account_ids = accounts.map(({ account_id }) => account_id)
    const chosen = await alice.post(`${path}/connect`, { account_ids })
    expect(chosen.json.data).toMatchObject(account_ids.map(() => ({ platform_app_id: json.id })))
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
