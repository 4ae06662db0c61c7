import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeLocalCipher } from './local-cipher.ts'
import type { TokenCipher } from './token-cipher.ts'
import { makeVaultCipher } from './vault-cipher.ts'

export interface CipherSettings {
  vault?: {
    addr: string
    token?: string
    roleId?: string
    secretId?: string
    namespace?: string
  }
  /** Keys of the development cipher, used when no Vault is configured. */
  localKeyFile: string
  production: boolean
}

/** Vault where one is configured; else the local cipher, which refuses production. */
export function openCipher({ vault, localKeyFile, production }: CipherSettings): TokenCipher {
  if (vault === undefined) {
    mkdirSync(dirname(localKeyFile), { recursive: true, mode: 0o700 })
    return makeLocalCipher({ keyFile: localKeyFile, production })
  }
  const { addr, token, roleId, secretId, namespace } = vault
  const appRole = roleId === undefined || secretId === undefined ? undefined : { roleId, secretId }
  return makeVaultCipher({ address: addr, namespace, ...(appRole ? { appRole } : { token }) })
}
