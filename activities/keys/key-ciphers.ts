import type { TokenCipher } from '../../vault/token-cipher.ts'

/** Ciphers with logins of their own for what the worker's login may not do. */
export interface KeyCiphers {
  /** Makes key versions and ends old ones. */
  rotate: TokenCipher
  /** Moves ciphertexts to the newest version without reading them. */
  rewrap: TokenCipher
}
