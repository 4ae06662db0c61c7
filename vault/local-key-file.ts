import { randomBytes, randomUUID } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { CipherUnavailable } from './cipher-errors.ts'

const schema = z.object({
  format: z.literal(1),
  /** The key of version n is at n - 1. */
  keys: z.array(z.base64()).min(1),
  minDecryptionVersion: z.int().min(1),
})

export type LocalKeys = z.infer<typeof schema>

const KEY_BYTES = 32
const LOCK_POLL_MS = 20
const LOCK_STALE_MS = 5_000

/** Reads the keys, after making the file if there is none. Throws CipherUnavailable. */
export function readLocalKeys(keyFile: string): LocalKeys {
  try {
    createIfMissing(keyFile)
    assertPrivate(keyFile)
    return schema.parse(JSON.parse(readFileSync(keyFile, 'utf8')))
  } catch (error) {
    if (error instanceof CipherUnavailable) throw error
    // Without its cause: a parser's message may quote the file.
    throw new CipherUnavailable(`the key file ${keyFile} cannot be read`)
  }
}

/** Changes the file under a lock, so that two rotations at once make two versions. */
export async function changeLocalKeys(
  keyFile: string,
  change: (keys: LocalKeys) => LocalKeys,
): Promise<LocalKeys> {
  const lock = `${keyFile}.lock`
  await takeLock(lock)
  try {
    const changed = change(readLocalKeys(keyFile))
    const draft = writeDraft(keyFile, changed)
    renameSync(draft, keyFile)
    return changed
  } finally {
    rmSync(lock, { force: true })
  }
}

export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/** The file appears whole by link(2), which one process wins; the others read the winner's. */
function createIfMissing(keyFile: string): void {
  if (statSync(keyFile, { throwIfNoEntry: false }) !== undefined) return
  mkdirSync(dirname(keyFile), { recursive: true })
  const draft = writeDraft(keyFile, { format: 1, keys: [newKey()], minDecryptionVersion: 1 })
  try {
    linkSync(draft, keyFile)
  } catch (error) {
    if (!isExists(error)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(keyFile: string, keys: LocalKeys): string {
  const draft = `${keyFile}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify(keys)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return draft
}

function assertPrivate(keyFile: string): void {
  if (process.platform === 'win32') return
  if ((statSync(keyFile).mode & 0o077) === 0) return
  throw new CipherUnavailable(`others may read the key file ${keyFile}: chmod 600 it`)
}

async function takeLock(lock: string): Promise<void> {
  while (!tryLock(lock)) {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
    // Its owner died: a change takes milliseconds.
    if (since !== undefined && Date.now() - since > LOCK_STALE_MS) rmSync(lock, { force: true })
    await pause(LOCK_POLL_MS)
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, '', { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (isExists(error)) return false
    throw new CipherUnavailable(`the lock ${lock} cannot be made`)
  }
}

function isExists(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST'
}
