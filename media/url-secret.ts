import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './errno.ts'

/**
 * The secret of this machine's installation, made at its first start and readable by its owner
 * alone. API and worker may start at the same moment: one of them makes it, both read it.
 */
export async function urlSecretOf(path: string): Promise<string> {
  const found = await read(path)
  if (found !== undefined) return found
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600 })
  try {
    // A whole file under its name or none; whoever is second takes the first one's.
    await Promise.allSettled([link(draft, path)])
    return await readFile(path, 'utf8')
  } finally {
    await rm(draft, { force: true })
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
