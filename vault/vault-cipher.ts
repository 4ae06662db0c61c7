import { CipherRefused, CipherUnavailable } from './cipher-errors.ts'
import {
  type CipherItem,
  keyVersionOf,
  type Sealed,
  serializeContext,
  type TokenCipher,
  type TokenContext,
} from './token-cipher.ts'
import { type BatchResult, parseBatch, parseLatestVersion } from './vault-answers.ts'
import { makeVaultSession, type VaultSession, type VaultSessionOptions } from './vault-session.ts'

export interface VaultCipherOptions extends VaultSessionOptions {
  /** Of the transit engine; `transit` when left out. */
  mount?: string
  /** `clarion-tokens` when left out. */
  keyName?: string
}

export const DEFAULT_MOUNT = 'transit'
export const DEFAULT_KEY_NAME = 'clarion-tokens'

/** Items per request; the limits are 32 MB and 10,000 array elements. */
const BATCH_ITEMS = 500
/** Base64 characters per request, well below the 32 MB (https://developer.hashicorp.com/vault/docs/configuration/listener/tcp). */
const BATCH_CHARS = 8_000_000

/**
 * Vault's transit engine with one derived key: each context has a key of its own, so that a
 * ciphertext copied to another row or tenant does not open. No `associated_data`, because rewrap
 * does not support it. Connects at the first call.
 */
export function makeVaultCipher(options: VaultCipherOptions): TokenCipher {
  const { mount = DEFAULT_MOUNT, keyName = DEFAULT_KEY_NAME } = options
  const session = makeVaultSession(options)
  const transit = new Transit(session, mount, keyName)
  return {
    scheme: 'vault',
    async encrypt(items) {
      const inputs = items.map((item, index) =>
        itemOf('plaintext', encodeBase64(item.plaintext), item.context, index),
      )
      return (await transit.batch('encrypt', inputs)).map(toSealed)
    },
    async decrypt(items) {
      const results = await transit.batch('decrypt', items.map(cipherInput))
      return results.map((result) => decodeBase64(result.plaintext ?? ''))
    },
    async rewrap(items) {
      return (await transit.batch('rewrap', items.map(cipherInput))).map(toSealed)
    },
    rotate: () => transit.rotate(),
    keyVersion: () => transit.latestVersion(),
    setMinDecryptionVersion: (version) => transit.setMinDecryptionVersion(version),
    close: async () => session.close(),
  }
}

interface BatchInput {
  plaintext?: string
  ciphertext?: string
  context: string
}

class Transit {
  readonly #session: VaultSession
  readonly #mount: string
  readonly #keyName: string

  constructor(session: VaultSession, mount: string, keyName: string) {
    this.#session = session
    this.#mount = mount
    this.#keyName = keyName
  }

  async batch(
    operation: 'encrypt' | 'decrypt' | 'rewrap',
    inputs: readonly BatchInput[],
  ): Promise<BatchResult[]> {
    const results: BatchResult[] = []
    for (const chunk of chunksOf(inputs)) {
      const body = await this.#session.call('write', this.#path(operation), {
        batch_input: chunk,
        // Without it one bad item makes the whole answer a 400 that names none.
        partial_failure_response_code: 200,
      })
      const answers = parseBatch(body, chunk.length)
      assertNoneFailed(answers, results.length)
      results.push(...answers)
    }
    return results
  }

  async rotate(): Promise<number> {
    await this.#session.call('write', `${this.#path('keys')}/rotate`)
    return this.latestVersion()
  }

  async latestVersion(): Promise<number> {
    return parseLatestVersion(await this.#session.call('read', this.#path('keys')))
  }

  async setMinDecryptionVersion(version: number): Promise<void> {
    await this.#session.call('write', `${this.#path('keys')}/config`, {
      min_decryption_version: version,
    })
  }

  #path(operation: string): string {
    return `${this.#mount}/${operation}/${this.#keyName}`
  }
}

function cipherInput(item: CipherItem, index: number): BatchInput {
  return itemOf('ciphertext', item.ciphertext, item.context, index)
}

function itemOf(
  name: 'plaintext' | 'ciphertext',
  value: string,
  context: TokenContext,
  index: number,
): BatchInput {
  return { [name]: value, context: encodeBase64(contextText(context, index)) }
}

function contextText(context: TokenContext, index: number): string {
  try {
    return serializeContext(context)
  } catch {
    throw new CipherRefused('its context is not valid', index)
  }
}

function chunksOf(inputs: readonly BatchInput[]): BatchInput[][] {
  const chunks: BatchInput[][] = []
  let chunk: BatchInput[] = []
  let chars = 0
  for (const input of inputs) {
    const size = (input.plaintext ?? input.ciphertext ?? '').length + input.context.length
    if (chunk.length > 0 && (chunk.length === BATCH_ITEMS || chars + size > BATCH_CHARS)) {
      chunks.push(chunk)
      chunk = []
      chars = 0
    }
    chunk.push(input)
    chars += size
  }
  return chunk.length > 0 ? [...chunks, chunk] : chunks
}

function assertNoneFailed(results: readonly BatchResult[], offset: number): void {
  const at = results.findIndex((result) => result.error)
  const error = results[at]?.error
  if (error === undefined) return
  // Vault's words are sorted, not passed on: nobody promises what they contain.
  if (/too old|disallowed by policy/.test(error)) {
    throw new CipherRefused('its key version is retired', offset + at)
  }
  if (/key not found/.test(error)) {
    throw new CipherUnavailable('Vault has no such key; set up the transit key')
  }
  throw new CipherRefused('it does not open in this context', offset + at)
}

function toSealed(result: BatchResult): Sealed {
  const ciphertext = result.ciphertext ?? ''
  const keyVersion = result.key_version ?? keyVersionOf(ciphertext)
  if (keyVersion === undefined) throw new CipherUnavailable('Vault answered without a ciphertext')
  return { ciphertext, keyVersion }
}

function encodeBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}
