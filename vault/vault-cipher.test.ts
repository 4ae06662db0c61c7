import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '../scripts/tools/free-port.ts'
import { type DevVault, startVault } from '../scripts/tools/vault.ts'
import { describeWithVault, type TestVault } from '../test/support/vault.ts'
import { cipherContract, expectSilent } from './cipher-contract.ts'
import { CipherDenied, CipherRefused, CipherUnavailable } from './cipher-errors.ts'
import type { TokenCipher } from './token-cipher.ts'
import { type AppRoles, bootstrapAppRoles, ensureTransitKeys } from './vault-bootstrap.ts'
import { makeVaultCipher, type VaultCipherOptions } from './vault-cipher.ts'

const context = { tenantId: 't', connectionId: 'c', field: 'f' }
const items = [{ plaintext: 'sbx_secret_do_not_print_9f8e7d', context }]

const verifier = { tenantId: 't', connectionId: 'oauth:1', field: 'code_verifier' }
const appSecret = { tenantId: 't', connectionId: 'app:1', field: 'client_secret' }

/** A mount of its own per test run, and keys of its own per cipher: the server is shared. */
const mount = `transit-${randomBytes(4).toString('hex')}`
let keys = 0

async function withNewKey(vault: TestVault): Promise<VaultCipherOptions> {
  keys += 1
  const names = { keyName: `key-${keys}`, consentKeyName: `key-${keys}-consent` }
  const options = { ...vault, mount, ...names }
  await ensureTransitKeys(options)
  return options
}

async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expectSilent(error)
  return error
}

describeWithVault('Vault transit', (vault) => {
  cipherContract(async () => makeVaultCipher(await withNewKey(vault())))

  test('the bootstrap may run twice, and at once, without a new key version', async () => {
    const options = await withNewKey(vault())
    await Promise.all([ensureTransitKeys(options), ensureTransitKeys(options)])
    const cipher = makeVaultCipher(options)
    expect(await cipher.keyVersion()).toBe(1)
    await cipher.close()
  })

  test('a batch of both kinds keeps its order, through every operation', async () => {
    const cipher = makeVaultCipher(await withNewKey(vault()))
    const contexts = [verifier, context, appSecret, context, verifier]
    const plain = contexts.map((one, index) => ({ plaintext: `secret-${index}`, context: one }))
    const withContexts = (sealed: readonly { ciphertext: string }[]) =>
      contexts.map((one, at) => ({ ciphertext: sealed[at]?.ciphertext ?? '', context: one }))
    const old = withContexts(await cipher.encrypt(plain))
    expect(await cipher.decrypt(old)).toEqual(plain.map(({ plaintext }) => plaintext))
    expect(await cipher.rotate()).toBe(2)
    const rewrapped = await cipher.rewrap(old)
    expect(rewrapped.map(({ keyVersion }) => keyVersion)).toEqual([2, 2, 2, 2, 2])
    await cipher.setMinDecryptionVersion(2)
    expect(await cipher.decrypt(withContexts(rewrapped))).toEqual(
      plain.map(({ plaintext }) => plaintext),
    )
    const retired = old.slice(0, 1)
    expect(await thrownBy(cipher.decrypt(retired))).toMatchObject({ index: 0 })
    const spoilt = withContexts(rewrapped).with(4, { ciphertext: 'vault:v2:', context: verifier })
    expect(await thrownBy(cipher.decrypt(spoilt))).toMatchObject({ index: 4 })
    await cipher.close()
  })

  test('the keys are derived: without a context they seal nothing', async () => {
    const { address, token, keyName, consentKeyName } = await withNewKey(vault())
    const statuses = [keyName, consentKeyName].map(async (name) => {
      const response = await fetch(`${address}/v1/${mount}/encrypt/${name}`, {
        method: 'POST',
        headers: { 'X-Vault-Token': token ?? '' },
        body: JSON.stringify({ plaintext: 'YQ==' }),
      })
      return response.status
    })
    expect(await Promise.all(statuses)).toEqual([400, 400])
  })

  test('a wrong token is denied, a missing key is not the ciphertext’s fault', async () => {
    const options = await withNewKey(vault())
    const wrong = makeVaultCipher({ ...options, token: 'wrong' })
    expect(await thrownBy(wrong.encrypt(items))).toBeInstanceOf(CipherDenied)
    const sealer = makeVaultCipher(options)
    const [sealed] = await sealer.encrypt(items)
    const missing = makeVaultCipher({ ...options, keyName: 'never-made' })
    const call = missing.decrypt([{ ciphertext: sealed?.ciphertext ?? '', context }])
    expect(await thrownBy(call)).toBeInstanceOf(CipherUnavailable)
    await Promise.all([wrong.close(), sealer.close(), missing.close()])
  })

  test('an address where nobody listens is unavailable', async () => {
    const address = `http://127.0.0.1:${await freePort()}`
    const cipher = makeVaultCipher({ address, token: 'any' })
    const error = await thrownBy(cipher.encrypt(items))
    expect(error).toBeInstanceOf(CipherUnavailable)
    expect(error).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') })
    await cipher.close()
  })
})

describeWithVault('Vault AppRoles', (vault) => {
  let options: VaultCipherOptions
  let roles: AppRoles
  const ciphers: TokenCipher[] = []

  beforeAll(async () => {
    options = await withNewKey(vault())
    roles = await bootstrapAppRoles({ ...options, prefix: mount })
  })
  afterAll(() => Promise.all(ciphers.map((cipher) => cipher.close())))

  function as(role: keyof AppRoles): TokenCipher {
    const cipher = makeVaultCipher({ ...options, token: undefined, appRole: roles[role] })
    ciphers.push(cipher)
    return cipher
  }

  test('each role does its own work', async () => {
    const sealed = await as('api').encrypt(items)
    const toOpen = sealed.map(({ ciphertext }) => ({ ciphertext, context }))
    expect(await as('worker').decrypt(toOpen)).toEqual(items.map(({ plaintext }) => plaintext))
    expect(await as('rotate').rotate()).toBe(2)
    expect(await as('rewrap').rewrap(toOpen)).toMatchObject([{ keyVersion: 2 }])
    expect(await as('rewrap').keyVersion()).toBe(2)
  })

  test('and no other: only the worker opens, nobody but the rotation rotates', async () => {
    const sealed = await as('api').encrypt(items)
    const toOpen = sealed.map(({ ciphertext }) => ({ ciphertext, context }))
    const refused = [
      as('api').decrypt(toOpen),
      as('api').rewrap(toOpen),
      as('rewrap').decrypt(toOpen),
      as('rewrap').encrypt(items),
      as('rotate').decrypt(toOpen),
      as('worker').rotate(),
      as('rewrap').setMinDecryptionVersion(1),
    ]
    const errors = await Promise.all(refused.map(thrownBy))
    expect(errors.filter((error) => !(error instanceof CipherDenied))).toEqual([])
  })

  test('the API reads the secrets of its own consents, and no token', async () => {
    const [sealedVerifier, sealedSecret, sealedToken] = await as('api').encrypt([
      { plaintext: 'verifier', context: verifier },
      { plaintext: 'secret', context: appSecret },
      ...items,
    ])
    const own = [
      { ciphertext: sealedVerifier?.ciphertext ?? '', context: verifier },
      { ciphertext: sealedSecret?.ciphertext ?? '', context: appSecret },
    ]
    expect(await as('api').decrypt(own)).toEqual(['verifier', 'secret'])
    expect(await as('worker').decrypt(own)).toEqual(['verifier', 'secret'])
    const token = { ciphertext: sealedToken?.ciphertext ?? '', context }
    expect(await thrownBy(as('api').decrypt([...own, token]))).toBeInstanceOf(CipherDenied)
    // Called a consent's secret, a token does not open either: it was sealed by the other key.
    const disguised = as('api').decrypt([{ ...token, context: verifier }])
    expect(await thrownBy(disguised)).toBeInstanceOf(CipherRefused)
  })

  test('a mistyped key name makes no new key', async () => {
    const appRole = roles.api
    const cipher = makeVaultCipher({ ...options, token: undefined, appRole, keyName: 'mistyped' })
    ciphers.push(cipher)
    expect(await thrownBy(cipher.encrypt(items))).toBeInstanceOf(CipherDenied)
  })

  test('after its token was revoked it logs in again and the call goes through', async () => {
    const worker = as('worker')
    const before = await accessorsOf(vault(), 'worker')
    const sealed = await worker.encrypt(items)
    const made = (await accessorsOf(vault(), 'worker')).filter((one) => !before.includes(one))
    expect(made).toHaveLength(1)
    await Promise.all(
      made.map((accessor) => post(vault(), 'auth/token/revoke-accessor', { accessor })),
    )
    const toOpen = sealed.map(({ ciphertext }) => ({ ciphertext, context }))
    const calls = Array.from({ length: 8 }, () => worker.decrypt(toOpen))
    expect(await Promise.all(calls)).toEqual(calls.map(() => items.map((item) => item.plaintext)))
    const again = (await accessorsOf(vault(), 'worker')).filter((one) => !before.includes(one))
    // Eight callers met the dead token, one of them logged in.
    expect(again).toHaveLength(1)
  })

  test('a policy’s no costs no new login', async () => {
    const before = await accessorsOf(vault(), 'api')
    const api = as('api')
    await Promise.all([1, 2, 3].map(() => thrownBy(api.keyVersion())))
    expect((await accessorsOf(vault(), 'api')).length - before.length).toBe(1)
  })

  test('a wrong secret id is denied', async () => {
    const appRole = { ...roles.api, secretId: 'wrong' }
    const cipher = makeVaultCipher({ ...options, token: undefined, appRole })
    ciphers.push(cipher)
    expect(await thrownBy(cipher.encrypt(items))).toBeInstanceOf(CipherDenied)
  })

  test('a short token is renewed before it ends, and replaced at its maximum age', async () => {
    const path = `auth/approle/role/${mount}-api`
    await post(vault(), path, { token_period: '0', token_ttl: '2s', token_max_ttl: '3s' })
    const before = await accessorsOf(vault(), 'api')
    const made = async () =>
      (await accessorsOf(vault(), 'api')).filter((accessor) => !before.includes(accessor))
    const api = as('api')
    await api.encrypt(items)
    const [first = ''] = await made()
    let renewed = false
    await until(async () => {
      const answer = await request(vault(), 'POST', 'auth/token/lookup-accessor', {
        accessor: first,
      })
      renewed ||= (answer.data?.last_renewal_time ?? 0) > 0
      await api.encrypt(items)
      return (await made()).some((accessor) => accessor !== first)
    })
    expect(renewed).toBe(true)
  })

  /** Accessors of the live tokens of one role. */
  async function accessorsOf(server: TestVault, role: keyof AppRoles): Promise<string[]> {
    const { data } = await request(server, 'LIST', 'auth/token/accessors')
    const found = await Promise.all(
      (data?.keys ?? []).map(async (accessor: string) => {
        const answer = await request(server, 'POST', 'auth/token/lookup-accessor', { accessor })
        return answer.data?.meta?.role_name === `${mount}-${role}` ? [accessor] : []
      }),
    )
    return found.flat()
  }
})

// Its own server, because the shared one must not be sealed under other tests; VAULT_ADDR alone
// does not give one.
const program = process.env.CLARION_TEST_VAULT_PROGRAM ?? ''
const describeOwn = program === '' ? describe.skip : describe

describeOwn('a Vault that goes away', () => {
  let own: DevVault

  beforeAll(async () => {
    own = await startVault({ binary: program })
  })
  afterAll(() => own.kill())

  test('sealed is unavailable, and the same cipher works again after the unseal', async () => {
    const server = { address: own.address, token: own.rootToken }
    const options = await withNewKey(server)
    const cipher = makeVaultCipher(options)
    const [sealed] = await cipher.encrypt(items)
    await post(server, 'sys/seal', {})
    const error = await thrownBy(cipher.encrypt(items))
    expect(error).toBeInstanceOf(CipherUnavailable)
    expect(error).toMatchObject({ message: expect.stringContaining('sealed') })
    await post(server, 'sys/unseal', { key: own.unsealKey })
    const opened = await cipher.decrypt([{ ciphertext: sealed?.ciphertext ?? '', context }])
    expect(opened).toEqual([items[0]?.plaintext])
    await cipher.close()
  })

  test('killed under way is unavailable', async () => {
    const options = await withNewKey({ address: own.address, token: own.rootToken })
    const cipher = makeVaultCipher(options)
    await cipher.encrypt(items)
    await own.kill()
    expect(await thrownBy(cipher.encrypt(items))).toBeInstanceOf(CipherUnavailable)
    await cipher.close()
  })
})

function post(server: TestVault, path: string, body: object): Promise<VaultAnswer> {
  return request(server, 'POST', path, body)
}

interface VaultAnswer {
  data?: { keys?: string[]; meta?: { role_name?: string }; last_renewal_time?: number }
}

async function request(
  server: TestVault,
  method: string,
  path: string,
  body?: object,
): Promise<VaultAnswer> {
  const response = await fetch(`${server.address}/v1/${path}`, {
    method,
    headers: { 'X-Vault-Token': server.token },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  return text === '' ? {} : JSON.parse(text)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
}
