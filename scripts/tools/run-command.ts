import { spawn } from 'node:child_process'

export interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
  timeoutMs: number
}

export interface CommandResult {
  /** null when the command could not be started or was stopped by a signal. */
  code: number | null
  output: string
  /** What went wrong, in one line; undefined when the command ended with 0. */
  problem: string | undefined
}

const KEPT_OUTPUT_CHARS = 20_000

/** Runs a command to its end and never throws: a missing command is a result like any other. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = ''
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS)
    }
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      uid: options.uid,
      gid: options.gid,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    })
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => resolve({ code: null, output, problem: error.message }))
    child.on('close', (code, signal) =>
      resolve({ code, output, problem: problemOf(command, code, signal, output) }),
    )
  })
}

function problemOf(
  command: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  output: string,
): string | undefined {
  if (code === 0) return undefined
  const last = output.trim().split('\n').at(-1) ?? ''
  const how = signal === null ? `ended with ${code}` : `was stopped by ${signal}`
  return `${command} ${how}${last === '' ? '' : `: ${last.slice(0, 200)}`}`
}
