import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  apiChild,
  type ChildSpec,
  sandboxChild,
  startChild,
  stopWithin,
  workerChild,
} from '../../scripts/start/children.ts'
import { freePort } from '../../scripts/tools/free-port.ts'
import type { ServerProcess } from '../../scripts/tools/server-process.ts'

/** A real process of Clarion that a test may kill and start again, at the same address. */
export interface Process {
  readonly name: string
  pid(): number
  running(): boolean
  /** Returns when it is ready. */
  start(): Promise<void>
  /** SIGTERM, and SIGKILL when it takes longer than `graceMs`. */
  stop(graceMs?: number): Promise<void>
  /** kill -9. */
  kill9(): Promise<void>
  /** kill -9, then start. */
  restart(): Promise<void>
  /** Settles when the process of this moment has ended, with one line that says how. */
  ended(): Promise<string>
  /** All that it has printed, over every start. */
  logs(): string
}

export interface UrlProcess extends Process {
  readonly url: string
}

export interface ProcessOptions {
  /** Folder of logs and state. */
  dir: string
  env: Readonly<Record<string, string>>
}

const STOP_GRACE_MS = 10_000

/** The API on a free port that stays the same over restarts. */
export async function startApiProcess(options: ProcessOptions): Promise<UrlProcess> {
  const port = options.env.PORT ? Number(options.env.PORT) : await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = cleanEnv({ PUBLIC_URL: url, ...options.env, PORT: String(port) })
  const api = await startProcess(apiChild({ env, url, logFile: join(options.dir, 'api.log') }))
  return Object.assign(api, { url })
}

/** Not started yet: call `start`. `name` tells several workers' logs apart. */
export function makeWorkerProcess({ dir, env }: ProcessOptions, name = 'worker'): Process {
  return makeProcess(workerChild({ env: cleanEnv(env), logFile: join(dir, `${name}.log`) }))
}

export interface SandboxProcessOptions {
  dir: string
  /** False for benchmarks: budgets are counted but not enforced. */
  enforceRateLimits?: boolean
}

/** The sandbox on a free port; accounts, tokens and posts outlive a stop, not a kill -9. */
export async function startSandboxProcess(options: SandboxProcessOptions): Promise<UrlProcess> {
  const port = await freePort()
  const spec = sandboxChild({
    port,
    stateFile: join(options.dir, 'sandbox.json'),
    logFile: join(options.dir, 'sandbox.log'),
    enforceRateLimits: options.enforceRateLimits,
    env: cleanEnv({}),
  })
  return Object.assign(await startProcess(spec), { url: `http://127.0.0.1:${port}` })
}

async function startProcess(spec: ChildSpec): Promise<Process> {
  const made = makeProcess(spec)
  await made.start()
  return made
}

function makeProcess(spec: ChildSpec): Process {
  let child: ServerProcess | undefined
  const start = async () => {
    if (child?.running()) throw new Error(`${spec.title} runs already`)
    child = await startChild(spec)
  }
  const started = () => {
    if (child === undefined) throw new Error(`${spec.title} was not started`)
    return child
  }
  return {
    name: spec.name,
    pid: () => started().pid,
    running: () => child?.running() ?? false,
    start,
    stop: async (graceMs = STOP_GRACE_MS) => {
      if (child !== undefined) await stopWithin(child, graceMs)
    },
    kill9: async () => child?.kill(),
    restart: async () => {
      await child?.kill()
      await start()
    },
    ended: () => started().ended,
    logs: () => (existsSync(spec.logFile) ? readFileSync(spec.logFile, 'utf8') : ''),
  }
}

/** The runner's own variables and the user's settings must not reach the processes. */
function cleanEnv(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: 'test', ...env }
}
