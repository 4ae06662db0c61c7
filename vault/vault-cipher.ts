import { CipherRefused, CipherUnavailable } from './cipher-errors.ts'
import {
  type CipherItem,
  keyVersionOf,
  type Sealed,
  serializeContext,
  type TokenCipher,
  type TokenContext,
} from './token-cipher.ts'
import { type BatchInput, TransitKey } from './transit-key.ts'
import type { BatchResult } from './vault-answers.ts'
import { makeVaultSession, type VaultSessionOptions } from './vault-session.ts'

export interface VaultCipherOptions extends VaultSessionOptions {
  /** Of the transit engine; `transit` when left out. */
  mount?: string
  /** `clarion-tokens` when left out. */
  keyName?: string
  /** `clarion-consent` when left out. */
  consentKeyName?: string
}

export const DEFAULT_MOUNT = 'transit'
export const DEFAULT_KEY_NAME = 'clarion-tokens'
export const DEFAULT_CONSENT_KEY_NAME = 'clarion-consent'

/** Rows of the consent flow: what the API itself has to read, and nothing else. */
const CONSENT_PREFIXES = ['oauth:', 'app:']

/**
 * Vault's transit engine with two derived keys: each context has a key of its own, so that a
 * ciphertext copied to another row or tenant does not open. Tokens have one, secrets of the consent
 * flow (`oauth:{id}`, `app:{id}`) the other, so that the API can finish a consent without the right
 * to read a token. No `associated_data`, because rewrap does not support it. Connects at the first
 * call. Both keys are rotated together; the versions told are those of the key of the tokens.
 */
export function makeVaultCipher(options: VaultCipherOptions): TokenCipher {
  const { mount = DEFAULT_MOUNT } = options
  const { keyName = DEFAULT_KEY_NAME, consentKeyName = DEFAULT_CONSENT_KEY_NAME } = options
  const session = makeVaultSession(options)
  const keys: Keys = {
    tokens: new TransitKey(session, mount, keyName),
    consent: new TransitKey(session, mount, consentKeyName),
  }
  return {
    scheme: 'vault',
    async encrypt(items) {
      const results = await batch(keys, 'encrypt', items, ({ plaintext }) => ({
        plaintext: encodeBase64(plaintext),
      }))
      return results.map(toSealed)
    },
    async decrypt(items) {
      const results = await batch(keys, 'decrypt', items, cipherInput)
      return results.map((result) => decodeBase64(result.plaintext ?? ''))
    },
    async rewrap(items) {
      return (await batch(keys, 'rewrap', items, cipherInput)).map(toSealed)
    },
    rotate: () => rotateBoth(keys),
    keyVersion: async () => (await keys.tokens.versions()).latestVersion,
    async keyVersions() {
      const tokens = await keys.tokens.versions()
      const consent = await keys.consent.versions()
      const minimums = [tokens.minDecryptionVersion, consent.minDecryptionVersion]
      return { latestVersion: tokens.latestVersion, minDecryptionVersion: Math.max(...minimums) }
    },
    async setMinDecryptionVersion(version) {
      await keys.tokens.setMinDecryptionVersion(version)
      await keys.consent.setMinDecryptionVersion(version)
    },
    close: async () => session.close(),
  }
}

/** The consent key first: whoever sees the tokens' new version may rely on the other one. */
async function rotateBoth({ tokens, consent }: Keys): Promise<number> {
  const before = (await tokens.versions()).latestVersion
  const ahead = (await consent.versions()).latestVersion
  // A rotation that was cut short between the two is finished, not begun again.
  const version = Math.max(before + 1, ahead)
  await consent.rotateTo(version)
  await tokens.rotateTo(version)
  return version
}

interface Keys {
  tokens: TransitKey
  consent: TransitKey
}

type Content = Pick<BatchInput, 'plaintext' | 'ciphertext'>

/** Each item under its own key; answers in the order of the items. */
async function batch<T extends { context: TokenContext }>(
  { tokens, consent }: Keys,
  operation: 'encrypt' | 'decrypt' | 'rewrap',
  items: readonly T[],
  contentOf: (item: T) => Content,
): Promise<BatchResult[]> {
  const inputs = items.map((item, index) => ({
    ...contentOf(item),
    index,
    context: encodeBase64(contextText(item.context, index)),
    isConsent: isConsentSecret(item.context),
  }))
  const of = (wanted: boolean): BatchInput[] =>
    inputs.filter(({ isConsent }) => isConsent === wanted).map(({ isConsent, ...input }) => input)
  const answers = [
    ...(await tokens.batch(operation, of(false))),
    ...(await consent.batch(operation, of(true))),
  ]
  return answers.sort((a, b) => a.index - b.index)
}

function isConsentSecret({ connectionId }: TokenContext): boolean {
  return CONSENT_PREFIXES.some((prefix) => connectionId.startsWith(prefix))
}

function cipherInput({ ciphertext }: CipherItem): Content {
  return { ciphertext }
}

function contextText(context: TokenContext, index: number): string {
  try {
    return serializeContext(context)
  } catch {
    throw new CipherRefused('its context is not valid', index)
  }
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
