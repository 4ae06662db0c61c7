import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { CipherRefused } from './cipher-errors.ts'
import { changeLocalKeys, type LocalKeys, newKey, readLocalKeys } from './local-key-file.ts'
import {
  type CipherItem,
  keyVersionOf,
  type PlainItem,
  type Sealed,
  serializeContext,
  type TokenCipher,
  type TokenContext,
} from './token-cipher.ts'

export interface LocalCipherOptions {
  /** Made with mode 0600 when missing; who has it can read every token. */
  keyFile: string
  /** True refuses to start: a key beside the data protects nobody's accounts. */
  production: boolean
}

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/**
 * The development cipher: AES-256-GCM under a key per context (HKDF-SHA256 of the file's key), the
 * contract of Vault transit. `local:v{version}:base64(nonce, ciphertext, tag)`.
 */
export function makeLocalCipher(options: LocalCipherOptions): TokenCipher {
  if (options.production) {
    throw new Error('The local cipher is for development: in production set VAULT_ADDR.')
  }
  const { keyFile } = options
  // Read at each call: another process may have rotated, and the file is small.
  const keys = () => readLocalKeys(keyFile)
  keys()
  return {
    scheme: 'local',
    encrypt: async (items) => sealAll(keys(), items),
    decrypt: async (items) => openAll(keys(), items),
    rewrap: async (items) => {
      const now = keys()
      const plaintexts = openAll(now, items)
      return sealAll(
        now,
        items.map(({ context }, index) => ({ plaintext: plaintexts[index] ?? '', context })),
      )
    },
    rotate: async () => {
      const changed = await changeLocalKeys(keyFile, (now) => ({
        ...now,
        keys: [...now.keys, newKey()],
      }))
      return changed.keys.length
    },
    keyVersion: async () => keys().keys.length,
    keyVersions: async () => {
      const { keys: all, minDecryptionVersion } = keys()
      return { latestVersion: all.length, minDecryptionVersion }
    },
    setMinDecryptionVersion: async (version) => {
      await changeLocalKeys(keyFile, (now) => withMinimum(now, version))
    },
    close: () => Promise.resolve(),
  }
}

function withMinimum(keys: LocalKeys, version: number): LocalKeys {
  if (Number.isInteger(version) && version >= 1 && version <= keys.keys.length) {
    return { ...keys, minDecryptionVersion: version }
  }
  throw new CipherRefused('there is no such key version')
}

function sealAll(keys: LocalKeys, items: readonly PlainItem[]): Sealed[] {
  const keyVersion = keys.keys.length
  return items.map(({ plaintext, context }, index) => {
    const key = contextKey(keys, keyVersion, context, index)
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, key, nonce)
    const sealed = [nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]
    const text = Buffer.concat(sealed).toString('base64')
    return { ciphertext: `local:v${keyVersion}:${text}`, keyVersion }
  })
}

function openAll(keys: LocalKeys, items: readonly CipherItem[]): string[] {
  return items.map((item, index) => open(keys, item, index))
}

function open(keys: LocalKeys, { ciphertext, context }: CipherItem, index: number): string {
  const version = ciphertext.startsWith('local:') ? keyVersionOf(ciphertext) : undefined
  if (version === undefined) throw new CipherRefused('it is not a local ciphertext', index)
  if (version < keys.minDecryptionVersion) {
    throw new CipherRefused('its key version is retired', index)
  }
  const key = contextKey(keys, version, context, index)
  const bytes = Buffer.from(ciphertext.slice(`local:v${version}:`.length), 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new CipherRefused('it is cut short', index)
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  } catch {
    throw new CipherRefused('it does not open in this context', index)
  }
}

function contextKey(
  keys: LocalKeys,
  version: number,
  context: TokenContext,
  index: number,
): Uint8Array {
  const key = keys.keys[version - 1]
  if (key === undefined) throw new CipherRefused('its key version is unknown', index)
  return new Uint8Array(
    hkdfSync('sha256', Buffer.from(key, 'base64'), '', infoOf(context, index), KEY_BYTES),
  )
}

function infoOf(context: TokenContext, index: number): string {
  try {
    return serializeContext(context)
  } catch {
    throw new CipherRefused('its context is not valid', index)
  }
}
