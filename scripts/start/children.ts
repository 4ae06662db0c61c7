import { join } from 'node:path'
import { type ServerProcess, startServerProcess, untilReady } from '../tools/server-process.ts'
import { ROOT } from './settings.ts'

export type ChildName = 'api' | 'worker' | 'sandbox'

/** One of Clarion's own processes: how it is started and when it is ready. */
export interface ChildSpec {
  name: ChildName
  /** The word for it in messages. */
  title: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  logFile: string
  ready(output: () => string): boolean | Promise<boolean>
}

interface Common {
  env: NodeJS.ProcessEnv
  logFile: string
}

/** The first start on a slow machine bundles the workflow code. */
const READY_TIMEOUT_MS = 120_000
const PROBE_TIMEOUT_MS = 2_000

/** `url` is where this machine reaches the API. */
export function apiChild({ env, logFile, url }: Common & { url: string }): ChildSpec {
  const ready = () => answers(`${url}/healthz`)
  return { name: 'api', title: 'API', args: ['api/main.ts'], env, logFile, ready }
}

export function workerChild({ env, logFile }: Common): ChildSpec {
  const ready = (output: () => string) => output().includes('"worker_ready":true')
  return { name: 'worker', title: 'Worker', args: ['worker/main.ts'], env, logFile, ready }
}

export interface SandboxChild extends Common {
  port: number
  /** Keeps accounts, tokens and posts over restarts. */
  stateFile: string
  enforceRateLimits?: boolean
}

export function sandboxChild(options: SandboxChild): ChildSpec {
  const { env, logFile, port, stateFile, enforceRateLimits = true } = options
  const args = ['sandbox/main.ts', '--port', String(port), '--state', stateFile]
  if (!enforceRateLimits) args.push('--no-rate-limits')
  const ready = (output: () => string) => output().includes('"sandbox_url"')
  return { name: 'sandbox', title: 'Sandbox', args, env, logFile, ready }
}

/** Starts it and waits until it is ready; throws its last words when it ends before. */
export async function startChild(spec: ChildSpec): Promise<ServerProcess> {
  const [script = '', ...args] = spec.args
  const child = await startServerProcess({
    title: spec.title,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(ROOT, script), ...args],
    env: spec.env,
    cwd: ROOT,
    logFile: spec.logFile,
    stopSignal: 'SIGTERM',
  })
  await untilReady(child, spec.title, READY_TIMEOUT_MS, () => spec.ready(child.output))
  return child
}

/** Ends it in order, or without mercy when that takes longer than `graceMs`. */
export async function stopWithin(child: ServerProcess, graceMs: number): Promise<void> {
  const timer = setTimeout(() => void child.kill(), graceMs)
  await child.stop()
  clearTimeout(timer)
}

async function answers(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  const response = await fetch(url, { signal }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.ok ?? false
}
