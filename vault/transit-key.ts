import { CipherRefused, CipherUnavailable } from './cipher-errors.ts'
import type { KeyVersions } from './token-cipher.ts'
import { type BatchResult, parseBatch, parseKeyVersions } from './vault-answers.ts'
import type { VaultSession } from './vault-session.ts'

export interface BatchInput {
  /** Position in the caller's whole batch, which errors name. */
  index: number
  /** Base64, as Vault wants it; one of the two. */
  plaintext?: string
  ciphertext?: string
  context: string
}

export interface BatchAnswer extends BatchResult {
  index: number
}

/** Items per request; the limits are 32 MB and 10,000 array elements. */
const BATCH_ITEMS = 500
/** Base64 characters per request, well below the 32 MB (https://developer.hashicorp.com/vault/docs/configuration/listener/tcp). */
const BATCH_CHARS = 8_000_000

/** One derived key of Vault's transit engine. */
export class TransitKey {
  readonly #session: VaultSession
  readonly #mount: string
  readonly #name: string

  constructor(session: VaultSession, mount: string, name: string) {
    this.#session = session
    this.#mount = mount
    this.#name = name
  }

  async batch(
    operation: 'encrypt' | 'decrypt' | 'rewrap',
    inputs: readonly BatchInput[],
  ): Promise<BatchAnswer[]> {
    const answers: BatchAnswer[] = []
    for (const chunk of chunksOf(inputs)) {
      const body = await this.#session.call('write', this.#path(operation), {
        batch_input: chunk.map(({ index: _index, ...item }) => item),
        // Without it one bad item makes the whole answer a 400 that names none.
        partial_failure_response_code: 200,
      })
      const results = parseBatch(body, chunk.length)
      const answered = chunk.map(({ index }, at) => ({ ...results[at], index }))
      assertNoneFailed(answered)
      answers.push(...answered)
    }
    return answers
  }

  /** Makes versions until the key has this one. */
  async rotateTo(version: number): Promise<void> {
    for (let { latestVersion } = await this.versions(); latestVersion < version; latestVersion++) {
      await this.#session.call('write', `${this.#path('keys')}/rotate`)
    }
  }

  async versions(): Promise<KeyVersions> {
    return parseKeyVersions(await this.#session.call('read', this.#path('keys')))
  }

  async setMinDecryptionVersion(version: number): Promise<void> {
    await this.#session.call('write', `${this.#path('keys')}/config`, {
      min_decryption_version: version,
    })
  }

  #path(operation: string): string {
    return `${this.#mount}/${operation}/${this.#name}`
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

function assertNoneFailed(answers: readonly BatchAnswer[]): void {
  const failed = answers.find((answer) => answer.error)
  if (failed?.error === undefined) return
  // Vault's words are sorted, not passed on: nobody promises what they contain.
  if (/too old|disallowed by policy/.test(failed.error)) {
    throw new CipherRefused('its key version is retired', failed.index)
  }
  if (/key not found/.test(failed.error)) {
    throw new CipherUnavailable('Vault has no such key; set up the transit keys')
  }
  throw new CipherRefused('it does not open in this context', failed.index)
}
