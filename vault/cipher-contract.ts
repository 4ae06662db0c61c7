import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CipherRefused } from './cipher-errors.ts'
import {
  type CipherItem,
  keyVersionOf,
  type TokenCipher,
  type TokenContext,
} from './token-cipher.ts'

const SECRET = 'sbx_secret_do_not_print_9f8e7d'
const context: TokenContext = {
  tenantId: 'tenant-1',
  connectionId: 'connection-1',
  field: 'access_token',
}

/** What every TokenCipher keeps. `makeCipher` gives one with a key of its own, at version 1. */
export function cipherContract(makeCipher: () => Promise<TokenCipher>): void {
  describe('token cipher contract', () => {
    let cipher: TokenCipher

    beforeEach(async () => {
      cipher = await makeCipher()
    })
    afterEach(() => cipher.close())

    test.each([
      ['plain', 'ya29.token'],
      ['empty', ''],
      ['unicode', 'ключ 🔑 e\u0301 \u0000 ‮'],
      ['10 kB', 'x€'.repeat(5_000)],
    ])('opens what it sealed: %s', async (_name, plaintext) => {
      const item = await sealOne(cipher, plaintext)
      expect(await cipher.decrypt([item])).toEqual([plaintext])
      expect(keyVersionOf(item.ciphertext)).toBe(1)
      if (plaintext !== '') expect(item.ciphertext).not.toContain(plaintext)
    })

    test('seals the same text differently each time', async () => {
      const sealed = await cipher.encrypt(
        [SECRET, SECRET].map((plaintext) => ({ plaintext, context })),
      )
      expect(sealed[0]?.ciphertext).not.toBe(sealed[1]?.ciphertext)
    })

    test('keeps the order of 1,200 items of different contexts', async () => {
      const items = Array.from({ length: 1_200 }, (_, index) => ({
        plaintext: `token-${index}`,
        context: { ...context, connectionId: `connection-${index}` },
      }))
      const sealed = await cipher.encrypt(items)
      const opened = await cipher.decrypt(
        sealed.map(({ ciphertext }, index) => ({
          ciphertext,
          context: { ...context, connectionId: `connection-${index}` },
        })),
      )
      expect(opened).toEqual(items.map(({ plaintext }) => plaintext))
    })

    test('an empty batch is an empty answer', async () => {
      expect(await cipher.encrypt([])).toEqual([])
      expect(await cipher.decrypt([])).toEqual([])
      expect(await cipher.rewrap([])).toEqual([])
    })

    test.each([
      ['tenant', { ...context, tenantId: 'tenant-2' }],
      ['connection', { ...context, connectionId: 'connection-2' }],
      ['field', { ...context, field: 'refresh_token' }],
    ])('does not open under another %s', async (_name, other) => {
      const { ciphertext } = await sealOne(cipher, SECRET)
      await expectRefused(cipher.decrypt([{ ciphertext, context: other }]), 0)
      await expectRefused(cipher.rewrap([{ ciphertext, context: other }]), 0)
    })

    test('refuses a context whose parts could be read in two ways', async () => {
      const bad = { ...context, connectionId: 'a|b' }
      await expectRefused(cipher.encrypt([{ plaintext: SECRET, context: bad }]), 0)
    })

    test('a rotation raises the version and old ciphertexts still open', async () => {
      const old = await sealOne(cipher, SECRET)
      expect(await cipher.rotate()).toBe(2)
      expect(await cipher.keyVersion()).toBe(2)
      expect(await cipher.decrypt([old])).toEqual([SECRET])
      expect((await cipher.encrypt([{ plaintext: SECRET, context }]))[0]?.keyVersion).toBe(2)
    })

    test('a rewrap keeps the plaintext and raises the version', async () => {
      const old = await sealOne(cipher, SECRET)
      await cipher.rotate()
      const [sealed] = await cipher.rewrap([old])
      expect(sealed?.keyVersion).toBe(2)
      expect(keyVersionOf(sealed?.ciphertext ?? '')).toBe(2)
      expect(await cipher.decrypt([{ ciphertext: sealed?.ciphertext ?? '', context }])).toEqual([
        SECRET,
      ])
    })

    test('a retired version does not open any more, the newer one does', async () => {
      const old = await sealOne(cipher, SECRET)
      await cipher.rotate()
      const fresh = await sealOne(cipher, SECRET)
      await cipher.setMinDecryptionVersion(2)
      await expectRefused(cipher.decrypt([fresh, old]), 1)
      expect(await cipher.decrypt([fresh])).toEqual([SECRET])
    })

    test('a minimum version that does not exist is refused', async () => {
      await expect(cipher.setMinDecryptionVersion(7)).rejects.toBeInstanceOf(CipherRefused)
    })

    test.each([
      ['not a ciphertext', () => SECRET],
      ['another scheme', (own: string) => own.replace(/^[a-z]+:/, 'other:')],
      ['cut short', (own: string) => own.slice(0, own.indexOf(':', 8) + 9)],
      ['changed', (own: string) => changeOneByte(own)],
      ['unknown version', (own: string) => own.replace(/:v1:/, ':v99:')],
    ])('one bad item fails the batch and is named: %s', async (_name, spoil) => {
      const good = await sealOne(cipher, SECRET)
      const bad = { ciphertext: spoil(good.ciphertext), context }
      await expectRefused(cipher.decrypt([good, good, bad, good]), 2)
      await expectRefused(cipher.rewrap([good, bad]), 1)
    })

    test('names the position in the whole call, not in a chunk of it', async () => {
      const good = await sealOne(cipher, SECRET)
      const batch = Array.from({ length: 1_100 }, () => good)
      await expectRefused(cipher.decrypt([...batch, { ciphertext: SECRET, context }]), 1_100)
    })
  })
}

async function sealOne(cipher: TokenCipher, plaintext: string): Promise<CipherItem> {
  const [sealed] = await cipher.encrypt([{ plaintext, context }])
  return { ciphertext: sealed?.ciphertext ?? '', context }
}

/** Refused, with the item's position and nothing of its content anywhere in the error. */
async function expectRefused(call: Promise<unknown>, index: number): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CipherRefused)
  expect(error).toMatchObject({ index, message: expect.stringContaining(`item ${index}`) })
  expectSilent(error)
}

/** The error, its cause and all its own properties hold no secret and no ciphertext. */
export function expectSilent(error: unknown): void {
  const shown = error instanceof Error ? everythingIn(error) : String(error)
  expect(shown).not.toContain(SECRET)
  expect(shown).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 30))
  expect(shown).not.toMatch(/(?:vault|local):v\d+:/)
}

function everythingIn(error: Error): string {
  const own = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name))
  return [error.message, error.stack, ...own.map((value) => JSON.stringify(value))].join('\n')
}

function changeOneByte(ciphertext: string): string {
  const at = ciphertext.lastIndexOf(':') + 1
  const bytes = Buffer.from(ciphertext.slice(at), 'base64')
  bytes.writeUInt8(bytes.readUInt8(14) ^ 1, 14)
  return ciphertext.slice(0, at) + bytes.toString('base64')
}
