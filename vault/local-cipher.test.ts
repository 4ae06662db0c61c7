import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { cipherContract } from './cipher-contract.ts'
import { CipherUnavailable } from './cipher-errors.ts'
import { makeLocalCipher } from './local-cipher.ts'

const run = promisify(execFile)
const context = { tenantId: 't', connectionId: 'c', field: 'f' }
let dir = ''
let files = 0

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-local-cipher-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function newKeyFile(): string {
  files += 1
  return join(dir, String(files), 'token-keys.json')
}

cipherContract(async () => makeLocalCipher({ keyFile: newKeyFile(), production: false }))

test('refuses to start in production and leaves no file', async () => {
  const keyFile = newKeyFile()
  expect(() => makeLocalCipher({ keyFile, production: true })).toThrow(/VAULT_ADDR/)
  await expect(stat(keyFile)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('the key file is private, whole, and alone in its folder', async () => {
  const keyFile = newKeyFile()
  const cipher = makeLocalCipher({ keyFile, production: false })
  await cipher.rotate()
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(keyFile, '..'))).toEqual(['token-keys.json'])
})

test('a key file that others may read is not used', async () => {
  const keyFile = newKeyFile()
  const cipher = makeLocalCipher({ keyFile, production: false })
  await chmod(keyFile, 0o644)
  await expect(cipher.keyVersion()).rejects.toBeInstanceOf(CipherUnavailable)
})

test('a damaged key file is unavailable, not a bad ciphertext, and is left as it is', async () => {
  const keyFile = newKeyFile()
  const cipher = makeLocalCipher({ keyFile, production: false })
  await rm(keyFile)
  const { writeFile } = await import('node:fs/promises')
  await writeFile(keyFile, '{"keys": ["', { mode: 0o600 })
  await expect(cipher.keyVersion()).rejects.toBeInstanceOf(CipherUnavailable)
  expect(await readFile(keyFile, 'utf8')).toBe('{"keys": ["')
})

test('processes that start at once agree on the key, and see each other rotate', async () => {
  const keyFile = newKeyFile()
  const module = join(import.meta.dirname, 'local-cipher.ts')
  const script = `
    const { makeLocalCipher } = await import(${JSON.stringify(module)})
    const cipher = makeLocalCipher({ keyFile: process.argv[1], production: false })
    const context = ${JSON.stringify(context)}
    const [sealed] = await cipher.encrypt([{ plaintext: process.argv[2], context }])
    await cipher.rotate()
    console.log(sealed.ciphertext)`
  const words = ['one', 'two', 'three', 'four']
  const outputs = await Promise.all(
    words.map((word) =>
      run(process.execPath, ['--input-type=module', '--eval', script, keyFile, word], {
        env: { PATH: process.env.PATH },
      }),
    ),
  )
  const cipher = makeLocalCipher({ keyFile, production: false })
  const items = outputs.map(({ stdout }) => ({ ciphertext: stdout.trim(), context }))
  expect(await cipher.decrypt(items)).toEqual(words)
  expect(await cipher.keyVersion()).toBe(1 + words.length)
})
