import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface MemoryWatch {
  /** The most that the process held at any look, bytes. */
  stop(): Promise<number>
}

const LOOK_EVERY_MS = 25
const run = promisify(execFile)

/** Looks at a process's resident memory again and again until it is stopped. */
export function watchMemory(pid: number): MemoryWatch {
  let peak = 0
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      peak = Math.max(peak, await residentBytes(pid))
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  })()
  return {
    async stop() {
      stopped = true
      await watching
      return peak
    },
  }
}

/** Resident memory of a process at this moment. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  const told = status?.match(/^VmRSS:\s+(\d+) kB/m)?.[1]
  // Systems without /proc.
  const kib = told ?? (await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout
  return Number(kib) * 1024
}
