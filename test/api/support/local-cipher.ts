import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLocalCipher } from '../../../vault/local-cipher.ts'

/** The local cipher with a key file of the test's own. */
export function localCipher() {
  const folder = mkdtempSync(join(tmpdir(), 'clarion-api-test-'))
  const cipher = makeLocalCipher({ keyFile: join(folder, 'keys.json'), production: false })
  return { cipher, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
