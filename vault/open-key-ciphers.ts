import type { CipherSettings } from './open-cipher.ts'
import { openCipher } from './open-cipher.ts'
import type { TokenCipher } from './token-cipher.ts'

/** AppRoles of their own for a rotation, which the worker's policy does not allow. */
export interface KeyLogins {
  rotate?: { roleId: string; secretId: string }
  rewrap?: { roleId: string; secretId: string }
}

export interface OpenedKeyCiphers {
  rotate: TokenCipher
  rewrap: TokenCipher
  /** Closes what was opened here, not the worker's own cipher. */
  close(): Promise<void>
}

/**
 * The ciphers of a rotation. A login that is not configured is the worker's own: in development a
 * token that may do all, or the local cipher. They log in at their first use, so that a worker that
 * never rotates holds no such token.
 */
export function openKeyCiphers(
  settings: CipherSettings & { vault?: KeyLogins },
  own: TokenCipher,
): OpenedKeyCiphers {
  const opened: TokenCipher[] = []
  const open = (login: KeyLogins['rotate']): TokenCipher => {
    if (settings.vault === undefined || login === undefined) return own
    const cipher = openCipher({ ...settings, vault: { ...settings.vault, ...login } })
    opened.push(cipher)
    return cipher
  }
  return {
    rotate: open(settings.vault?.rotate),
    rewrap: open(settings.vault?.rewrap),
    close: async () => {
      await Promise.all(opened.map((cipher) => cipher.close()))
    },
  }
}
