import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newSecret } from '../../api/webhooks/new-secret.ts'
import { tokenContext } from '../../domain/token-context.ts'
import { CipherDenied } from '../../vault/cipher-errors.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import { describeWithVault } from '../support/vault.ts'

describeWithVault('the secret of a webhook endpoint', (vault) => {
  let api: TokenCipher
  let worker: TokenCipher

  beforeAll(async () => {
    const mount = `transit-${randomBytes(4).toString('hex')}`
    const options = { ...vault(), mount }
    await ensureTransitKeys(options)
    const roles = await bootstrapAppRoles({ ...options, prefix: mount })
    api = makeVaultCipher({ ...options, token: undefined, appRole: roles.api })
    worker = makeVaultCipher({ ...options, token: undefined, appRole: roles.worker })
  })
  afterAll(async () => {
    await api?.close()
    await worker?.close()
  })

  test('is sealed by the API, which cannot read it again, and opened by the worker', async () => {
    const owner = { tenantId: randomUUID(), endpointId: randomUUID() }
    const { secret, sealed } = await newSecret(api, owner)
    const context = tokenContext(owner.tenantId, `hook:${owner.endpointId}`, 'secret')
    const item = { ciphertext: sealed.ciphertext, context }
    expect(sealed.ciphertext).toMatch(/^vault:v1:/)
    await expect(api.decrypt([item])).rejects.toBeInstanceOf(CipherDenied)
    expect(await worker.decrypt([item])).toEqual([secret])
  })
})
