/** Names the row and column a secret belongs to; a ciphertext opens only under its own context. */
export interface TokenContext {
  tenantId: string
  /** The row's id. Rows of other tables use a prefix, which may choose another key: `app:{id}`
   * (an app registered at an instance), `oauth:{id}` (a consent under way). */
  connectionId: string
  /** The column, such as `access_token`. */
  field: string
}

export interface PlainItem {
  plaintext: string
  context: TokenContext
}

export interface CipherItem {
  ciphertext: string
  context: TokenContext
}

export interface Sealed {
  ciphertext: string
  /** The key version that sealed it; stored beside it, so that a rotation finds what is old. */
  keyVersion: number
}

export interface KeyVersions {
  latestVersion: number
  /** Ciphertexts of older versions do not open. */
  minDecryptionVersion: number
}

/**
 * Seals tokens for storage. All calls are batches of any length, answered in the same order, and
 * fail as a whole. They throw CipherUnavailable, CipherDenied or CipherRefused and nothing else.
 */
export interface TokenCipher {
  readonly scheme: 'vault' | 'local'
  encrypt(items: readonly PlainItem[]): Promise<Sealed[]>
  decrypt(items: readonly CipherItem[]): Promise<string[]>
  /** Seals again under the newest key version without showing the plaintext to the caller. */
  rewrap(items: readonly CipherItem[]): Promise<Sealed[]>
  /** Makes a new key version and returns it. */
  rotate(): Promise<number>
  /** The newest key version. */
  keyVersion(): Promise<number>
  keyVersions(): Promise<KeyVersions>
  /** Refuses ciphertexts of older versions from now on; a lower version allows them again. */
  setMinDecryptionVersion(version: number): Promise<void>
  close(): Promise<void>
}

const SEPARATOR = '|'

/** `v1|tenant|connection|field`. Two contexts never have the same text. */
export function serializeContext(context: TokenContext): string {
  const parts = [context.tenantId, context.connectionId, context.field]
  if (parts.some((part) => part === '' || part.includes(SEPARATOR))) {
    throw new TypeError('A part of a token context is empty or has a | in it')
  }
  return ['v1', ...parts].join(SEPARATOR)
}

/** The key version in a ciphertext of either scheme, `vault:v3:…`; undefined when it has none. */
export function keyVersionOf(ciphertext: string): number | undefined {
  const digits = /^(?:vault|local):v([1-9]\d{0,8}):/.exec(ciphertext)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
