import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export interface Watched {
  pid: number
  /** Sent first when the owner dies; SIGKILL follows after some seconds. */
  signal: NodeJS.Signals
  /** Removed once the server is gone. */
  removeDir?: string
}

let reaper: ChildProcess | undefined
const watched = new Set<number>()

/** Has this server stopped when this process ends, even by kill -9. */
export function watchOver(server: Watched): void {
  watched.add(server.pid)
  reaper ??= startReaper()
  tell(reaper, { add: server })
}

/** Ends the watch: the server is gone. The reaper leaves with the last of them. */
export function stopWatching(pid: number): void {
  if (reaper === undefined || !watched.delete(pid)) return
  tell(reaper, { drop: pid })
  if (watched.size > 0) return
  reaper.stdin?.end()
  reaper = undefined
}

function startReaper(): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'reaper.ts')],
    // Its own process group, so that Ctrl-C in a terminal does not take the reaper first.
    // No inherited NODE_OPTIONS: a test run's flags would only slow it down.
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env.PATH },
      cwd: '/',
    },
  )
  child.unref()
  return child
}

function tell(child: ChildProcess, message: { add: Watched } | { drop: number }): void {
  child.stdin?.write(`${JSON.stringify(message)}\n`)
}
