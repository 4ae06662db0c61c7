import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../tools/errno.ts'
import { isAlive } from '../tools/tool-cache.ts'

/**
 * One instance per home, for two would share a PostgreSQL folder. Returns the release; throws one
 * line when another one runs.
 */
export function lockHome(home: string): () => void {
  const path = join(home, 'lock')
  for (let attempt = 1; ; attempt += 1) {
    if (tryLock(path)) return () => rmSync(path, { force: true })
    const holder = holderOf(path)
    if (holder !== undefined || attempt > 3) {
      const who = holder === undefined ? '' : ` (process ${holder})`
      throw new Error(
        `Clarion already runs with ${home}${who}: stop it there with Ctrl-C, ` +
          'or set CLARION_HOME and the ports for a second one.',
      )
    }
    rmSync(path, { force: true })
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** The process that holds the lock, or undefined when it is gone, its id reused or not. */
function holderOf(path: string): number | undefined {
  const pid = Number(readText(path))
  if (!(pid > 0) || pid === process.pid || !isAlive(pid)) return undefined
  const command = readText(`/proc/${pid}/cmdline`)
  // Where there is no /proc, a living process is believed to be ours.
  return command === '' || command.includes('start/main.ts') ? pid : undefined
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES')) return ''
    throw error
  }
}
