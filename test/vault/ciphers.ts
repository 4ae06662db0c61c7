import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { makeLocalCipher } from '../../vault/local-cipher.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultCipher } from '../../vault/vault-cipher.ts'
import type { TestVault } from '../support/vault.ts'

/** A local cipher with a key file of its own, which goes with the test file. */
export function freshLocalCipher(): TokenCipher & { keyFile: string } {
  const dir = mkdtempSync(join(tmpdir(), 'clarion-keys-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const keyFile = join(dir, 'keys.json')
  return { ...makeLocalCipher({ keyFile, production: false }), keyFile }
}

/** A cipher with a mount and keys of its own on a shared Vault. */
export async function freshVaultCipher(vault: TestVault): Promise<TokenCipher> {
  const options = { ...vault, mount: `transit-${randomBytes(4).toString('hex')}` }
  await ensureTransitKeys(options)
  return makeVaultCipher(options)
}
