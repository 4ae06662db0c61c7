import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isErrno } from './errno.ts'

const LOCK_POLL_MS = 500

/** The folder of fetched programs: CLARION_CACHE or ~/.cache/clarion; shared by all checkouts. */
export function toolCacheDir(): string {
  return join(process.env.CLARION_CACHE ?? join(homedir(), '.cache', 'clarion'), 'bin')
}

/** Path of a cached program, or undefined when it is not there. */
export async function cachedTool(name: string): Promise<string | undefined> {
  const path = join(toolCacheDir(), name)
  return (await isFile(path)) ? path : undefined
}

/**
 * Puts a program into the cache. `fetch` gets an empty scratch folder and returns the file in it;
 * the file appears under its final name by one rename, so nobody ever runs half a program.
 */
export async function installTool(
  name: string,
  fetch: (scratchDir: string) => Promise<string>,
): Promise<string> {
  const scratchDir = join(toolCacheDir(), `.${name}-${randomUUID()}`)
  await mkdir(scratchDir, { recursive: true })
  try {
    const fetched = await fetch(scratchDir)
    await chmod(fetched, 0o755)
    const path = join(toolCacheDir(), name)
    await rename(fetched, path)
    return path
  } finally {
    await rm(scratchDir, { recursive: true, force: true })
  }
}

/** Runs `fn` alone among all processes of this user; a lock whose process is gone is taken over. */
export async function withToolLock<T>(
  name: string,
  onWait: () => void,
  fn: () => Promise<T>,
): Promise<T> {
  await mkdir(toolCacheDir(), { recursive: true })
  const lockPath = join(toolCacheDir(), `.${name}.lock`)
  let told = false
  while (!(await tryLock(lockPath))) {
    if (!told) onWait()
    told = true
    await removeStaleLock(lockPath)
    await pause(LOCK_POLL_MS)
  }
  try {
    return await fn()
  } finally {
    await rm(lockPath, { force: true })
  }
}

async function tryLock(lockPath: string): Promise<boolean> {
  try {
    const file = await open(lockPath, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

async function removeStaleLock(lockPath: string): Promise<void> {
  const pid = Number(await readFile(lockPath, 'utf8').catch(() => ''))
  // An empty file is a lock whose owner has not written its id yet: leave it for the next round.
  if (pid > 0 && !isAlive(pid)) await rm(lockPath, { force: true })
}

/** True when a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}
