import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '..')

/** A process of the project; `stop` resolves when it has ended. */
export interface Child {
  pid: number
  /** The JSON line it printed when it was ready. */
  ready: Record<string, unknown>
  stop(): Promise<void>
}

/** Starts one of the project's processes and waits for its ready line. */
export async function startChild(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Child> {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Listened for from the start: a child that dies early must not leave us waiting.
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    ended.then(() => reject(new Error(`${file} ended before it was ready`)))
    lines.on('line', (line) => {
      if (line.startsWith('{') && /_ready|_url/.test(line)) resolve(JSON.parse(line))
    })
  })
  return {
    pid: child.pid ?? 0,
    ready,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
