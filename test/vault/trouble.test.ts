import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { z } from 'zod'
import { CipherDenied, CipherUnavailable } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { until } from '../support/rows.ts'
import { describeWithOwnVault, startOwnVault } from './own-vault.ts'

const SLOW_MS = 60_000
const policy = z.object({ data: z.object({ policy: z.string() }) })
const keyList = z.object({ data: z.object({ keys: z.array(z.string()) }) })
const backupAnswer = z.object({ data: z.object({ backup: z.string() }) })
const context = { tenantId: 't', connectionId: 'c', field: 'access' }
const item = { plaintext: 'sbx_secret_token', context }

describeWithOwnVault('a real Vault in trouble', () => {
  let vault: Awaited<ReturnType<typeof startOwnVault>>
  const ciphers: TokenCipher[] = []

  beforeAll(async () => {
    vault = await startOwnVault()
  }, SLOW_MS)
  afterAll(() => vault?.stop())
  afterEach(async () => {
    await Promise.all(ciphers.splice(0).map((cipher) => cipher.close()))
  })

  /** As a worker process has it, logged in by its AppRole. */
  function workerCipher(change: { address?: string; timeoutMs?: number } = {}): TokenCipher {
    const cipher = makeVaultCipher({
      ...{ address: vault.address, appRole: vault.roles.worker, timeoutMs: 2_000, ...change },
    })
    ciphers.push(cipher)
    return cipher
  }

  async function seal(cipher: TokenCipher) {
    const [sealed] = await cipher.encrypt([item])
    return { ciphertext: sealed?.ciphertext ?? '', context }
  }

  /** Asks until it answers: what a retried activity does. */
  function recovers(cipher: TokenCipher, sealed: Awaited<ReturnType<typeof seal>>) {
    const read = () => cipher.decrypt([sealed]).catch((error: unknown) => [String(error)])
    return until(read, ([plaintext]) => plaintext === item.plaintext)
  }

  test('sealed: unavailable, and by itself well again when it is unsealed', async () => {
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    await vault.seal()
    const error = await cipher.decrypt([sealed]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CipherUnavailable)
    expect(String(error)).toContain('Vault is sealed')
    await vault.unseal()
    await recovers(cipher, sealed)
  })

  test('killed and started again: its token and its data are still good', async () => {
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    await vault.kill9()
    await expect(cipher.decrypt([sealed])).rejects.toThrow('cannot be reached')
    await vault.start()
    await recovers(cipher, sealed)
  })

  test('slow: given up after the timeout, and well again when it is quick', async () => {
    const line = await startLine(vault.address)
    try {
      const cipher = workerCipher({ address: line.url, timeoutMs: 500 })
      const sealed = await seal(cipher)
      line.isSlow = true
      await expect(cipher.decrypt([sealed])).rejects.toThrow('timeout')
      line.isSlow = false
      await recovers(cipher, sealed)
    } finally {
      line.close()
    }
  })

  test('permission withdrawn: denied, and well again when it is given back', async () => {
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    const path = 'sys/policies/acl/clarion-worker'
    const { data } = policy.parse(await vault.admin('GET', path))
    await vault.admin('PUT', path, { policy: 'path "none" { capabilities = ["deny"] }' })
    await expect(cipher.decrypt([sealed])).rejects.toBeInstanceOf(CipherDenied)
    await vault.admin('PUT', path, data)
    await recovers(cipher, sealed)
  })

  test('token revoked: logs in again within the same call', async () => {
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    await vault.admin('POST', 'sys/leases/revoke-prefix/auth/approle')
    expect(await cipher.decrypt([sealed])).toEqual([item.plaintext])
  })

  test('token run out: logs in again', async () => {
    const role = 'auth/approle/role/clarion-worker'
    await vault.admin('POST', 'sys/leases/revoke-prefix/auth/approle')
    await vault.admin('POST', role, { token_period: '0', token_ttl: '1s', token_max_ttl: '1s' })
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    // Vault ends it a second after the login; what it says then is not what our clock says.
    await until(leases, (count) => count === 0)
    expect(await cipher.decrypt([sealed])).toEqual([item.plaintext])
    await vault.admin('POST', role, { token_period: '1h', token_ttl: '0', token_max_ttl: '0' })
  })

  /** Logins that Vault still knows; 404 when there is none. */
  async function leases(): Promise<number> {
    const url = `${vault.address}/v1/sys/leases/lookup/auth/approle/login?list=true`
    const answer = await fetch(url, { headers: { 'X-Vault-Token': vault.token } })
    return answer.status === 404 ? 0 : keyList.parse(await answer.json()).data.keys.length
  }

  test('secret id ended: denied, and well again when it is issued again', async () => {
    const role = 'auth/approle/role/clarion-worker'
    const { secretId } = vault.roles.worker
    const sealed = await seal(workerCipher())
    await vault.admin('POST', `${role}/secret-id/destroy`, { secret_id: secretId })
    const cipher = workerCipher()
    await expect(cipher.decrypt([sealed])).rejects.toThrow('AppRole login was rejected')
    await vault.admin('POST', `${role}/custom-secret-id`, { secret_id: secretId })
    await recovers(cipher, sealed)
  })

  test('key deleted: unavailable, never a reason to give an account up', async () => {
    const cipher = workerCipher()
    const sealed = await seal(cipher)
    const { backup } = backupAnswer.parse(await backUpKey()).data
    await vault.admin('POST', 'transit/keys/clarion-tokens/config', { deletion_allowed: true })
    await vault.admin('DELETE', 'transit/keys/clarion-tokens')
    const error = await cipher.decrypt([sealed]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CipherUnavailable)
    expect(String(error)).toContain('set up the transit')
    // Vault takes it for the wish to make a new key, which no policy of ours allows.
    await expect(cipher.encrypt([item])).rejects.toBeInstanceOf(CipherDenied)
    await vault.admin('POST', 'transit/restore/clarion-tokens', { backup })
    await recovers(cipher, sealed)
  })

  async function backUpKey(): Promise<unknown> {
    const config = { exportable: true, allow_plaintext_backup: true }
    await vault.admin('POST', 'transit/keys/clarion-tokens/config', config)
    return vault.admin('GET', 'transit/backup/clarion-tokens')
  }
})

/** A way to Vault that loses every request while it is slow. */
async function startLine(address: string) {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (line.isSlow) return
    const { method, url, headers } = request
    const token = headers['x-vault-token']
    const answer = await fetch(`${address}${url}`, {
      method,
      headers: typeof token === 'string' ? { 'X-Vault-Token': token } : {},
      body: method === 'GET' ? undefined : body,
    })
    response.writeHead(answer.status).end(await answer.text())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const at = server.address()
  const line = {
    url: `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`,
    isSlow: false,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return line
}
