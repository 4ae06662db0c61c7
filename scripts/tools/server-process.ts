import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { stopWatching, watchOver } from './watch-over.ts'

export interface ServerOptions {
  /** The word for it in messages, such as "PostgreSQL". */
  title: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  uid?: number
  gid?: number
  /** Everything it prints is appended here. */
  logFile?: string
  /** The signal for an orderly stop. */
  stopSignal: NodeJS.Signals
  /** Removed by the reaper if this process dies without stopping the server. */
  removeDirOnDeath?: string
}

export interface ServerProcess {
  readonly pid: number
  /** True until it has ended. */
  running(): boolean
  /** The last lines it printed. */
  output(): string
  /** Settles when it has ended, with one line that says how. */
  readonly ended: Promise<string>
  /** Ends it in order; after 10 s without mercy. Returns when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** kill -9. Returns when it is gone. */
  kill(): Promise<void>
}

const KEPT_OUTPUT_CHARS = 16_000
const STOP_GRACE_MS = 10_000

/** Starts a server process in its own process group, watched over by the reaper. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(options.command, options.args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    // Own group: Ctrl-C reaches the owner only, which then stops its servers in the right order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = collectOutput(child, options.logFile)
  const ended = endOf(child, options.title)
  const pid = child.pid
  if (pid === undefined) throw new Error(await ended)
  watchOver({ pid, signal: options.stopSignal, removeDir: options.removeDirOnDeath })
  child.once('exit', () => stopWatching(pid))
  const running = () => child.exitCode === null && child.signalCode === null
  return {
    pid,
    running,
    output: printed,
    ended,
    async stop(signal = options.stopSignal) {
      if (running()) child.kill(signal)
      const timer = new AbortController()
      const late = pause(STOP_GRACE_MS, undefined, { signal: timer.signal })
        .then(() => child.kill('SIGKILL'))
        .catch((error: unknown) => error)
      await ended
      timer.abort()
      await late
    },
    async kill() {
      if (running()) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Waits until `ready` says so; throws with the server's last line when it ends or time is up. */
export async function untilReady(
  server: ServerProcess,
  title: string,
  timeoutMs: number,
  ready: () => Promise<boolean> | boolean,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs
  while (!(await ready())) {
    if (!server.running()) throw new Error(await server.ended)
    if (Date.now() > giveUpAt) {
      await server.kill()
      throw new Error(`${title} was not ready within ${timeoutMs / 1000} s. ${lastLine(server)}`)
    }
    await pause(25)
  }
}

function lastLine(server: ServerProcess): string {
  return server.output().trim().split('\n').at(-1) ?? ''
}

function collectOutput(child: ChildProcess, logFile: string | undefined): () => string {
  let output = ''
  const log = logFile === undefined ? undefined : openSync(logFile, 'a', 0o600)
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS)
    if (log !== undefined) writeSync(log, chunk)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  child.once('close', () => {
    if (log !== undefined) closeSync(log)
  })
  return () => output
}

function endOf(child: ChildProcess, title: string): Promise<string> {
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-1_000)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${title} could not be started: ${error.message}`))
    child.once('close', (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`
      resolve(`${title} ended ${how}. ${output.trim().split('\n').at(-1) ?? ''}`.trim())
    })
  })
}
