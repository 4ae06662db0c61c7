import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { z } from 'zod'
import { CipherDenied } from '../../vault/cipher-errors.ts'
import { openKeyCiphers } from '../../vault/open-key-ciphers.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { type AppRoles, bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { makeVaultSession } from '../../vault/vault-session.ts'
import { until } from '../support/rows.ts'
import { describeWithVault } from '../support/vault.ts'
import { type RotationStack, startRotationStack } from './rotation-stack.ts'
import { fillSecrets, openSecrets } from './secrets.ts'

const policyAnswer = z.object({ data: z.object({ policy: z.string() }) })

describeWithVault('who may do what in a rotation', (vault) => {
  const mount = `transit-${randomBytes(4).toString('hex')}`
  const ciphers: TokenCipher[] = []
  let roles: AppRoles
  let stack: RotationStack | undefined

  beforeAll(async () => {
    await ensureTransitKeys({ ...vault(), mount })
    roles = await bootstrapAppRoles({ ...vault(), mount, prefix: mount })
  })
  afterEach(async () => {
    await stack?.stop()
    stack = undefined
  })
  afterAll(() => Promise.all(ciphers.map((cipher) => cipher.close())))

  function as(role: keyof AppRoles): TokenCipher {
    const { address } = vault()
    const cipher = makeVaultCipher({ address, appRole: roles[role], mount })
    ciphers.push(cipher)
    return cipher
  }

  test('each login does its part: none of a rotation reads a token', async () => {
    const keys = { rotate: as('rotate'), rewrap: as('rewrap') }
    const worker = as('worker')
    stack = await startRotationStack(worker, { keys })
    const { team } = await fillSecrets(stack.db, worker, 3)
    const old = await openSecrets(stack.db, worker, team.tenantId)
    const rotation = await stack.start({ settleMs: 0 })
    const { outcome, version } = await rotation.result()
    expect(outcome).toBe('done')
    const now = await openSecrets(stack.db, worker, team.tenantId)
    expect(now.map(({ keyVersion }) => keyVersion)).toEqual(now.map(() => version))
    expect(now.map(({ plaintext }) => plaintext)).toEqual(old.map(({ plaintext }) => plaintext))
    const context = { tenantId: 't', connectionId: 'c', field: 'f' }
    const stolen = [{ ciphertext: old[0]?.ciphertext ?? '', context }]
    for (const cipher of [keys.rotate, keys.rewrap]) {
      await expect(cipher.decrypt(stolen)).rejects.toBeInstanceOf(CipherDenied)
    }
    await expect(keys.rotate.rewrap(stolen)).rejects.toBeInstanceOf(CipherDenied)
    await expect(keys.rewrap.rotate()).rejects.toBeInstanceOf(CipherDenied)
  })

  test('the login that rotates cannot make a key exportable', async () => {
    const session = makeVaultSession({ address: vault().address, appRole: roles.rotate })
    const path = `${mount}/keys/clarion-tokens/config`
    for (const setting of ['exportable', 'deletion_allowed', 'allow_plaintext_backup']) {
      const change = session.call('write', path, { [setting]: true })
      await expect(change).rejects.toBeInstanceOf(CipherDenied)
    }
    session.close()
  })

  test('a worker without those logins says so, and goes on when it is allowed', async () => {
    const worker = as('worker')
    stack = await startRotationStack(worker)
    await fillSecrets(stack.db, worker, 1)
    const rotation = await stack.start({ settleMs: 0 })
    const waiting = await until(rotation.progress, ({ trouble }) => trouble !== null)
    expect(waiting).toMatchObject({ phase: 'starting', trouble: { code: 'vault_denied' } })
    expect(waiting.advice).toContain('policies rotate and rewrap')
    expect(await rotation.card()).toContain('Waits: Token cipher denied')
    await allowRotation()
    expect(await rotation.result()).toMatchObject({ outcome: 'done' })
  })

  /** Lets the worker's policy say what those of the rotation say as well. */
  async function allowRotation(): Promise<void> {
    const texts = await Promise.all(
      ['worker', 'rotate', 'rewrap'].map(async (role) => {
        const answer = await request('GET', `sys/policies/acl/${mount}-${role}`)
        return policyAnswer.parse(await answer.json()).data.policy
      }),
    )
    await request('PUT', `sys/policies/acl/${mount}-worker`, { policy: merged(texts) })
  }

  async function request(method: string, path: string, body?: object): Promise<Response> {
    const { address, token } = vault()
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': token },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`Vault answered ${answer.status} to ${path}`)
    return answer
  }

  test('the ciphers of a rotation are the worker’s own where no login is configured', async () => {
    const { address, token } = vault()
    const own = as('worker')
    const settings = { localKeyFile: '/nowhere', production: true }
    const plain = openKeyCiphers({ ...settings, vault: { addr: address, token } }, own)
    expect([plain.rotate, plain.rewrap]).toEqual([own, own])
    const { rotate } = roles
    const split = openKeyCiphers({ ...settings, vault: { addr: address, token, rotate } }, own)
    expect(split.rotate).not.toBe(own)
    expect(split.rewrap).toBe(own)
    await split.close()
  })
})

/** A path may stand in a policy once: `read` of the keys is in both. */
function merged(texts: string[]): string {
  const blocks = texts.flatMap((text) => text.match(/path "[^"]+" \{[\s\S]+?\n\}/g) ?? [])
  const byPath = new Map(blocks.map((block) => [block.split('"')[1], block]))
  return [...byPath.values()].join('\n')
}
