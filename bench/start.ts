import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../scripts/tools/free-port.ts'
import { round } from './stats.ts'

const ROOT = join(import.meta.dirname, '..')

/** `npm start` in an empty home, tools cached: seconds to the first published post, and memory. */
export async function benchStart() {
  const home = await mkdtemp(join(tmpdir(), 'clarion-bench-start-'))
  const names = ['PORT', 'SANDBOX_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT']
  const ports: [string, string][] = []
  for (const name of names) ports.push([name, String(await freePort())])
  const startedAt = Date.now()
  const child = spawn('node', [join(ROOT, 'scripts/run.mjs'), 'start'], {
    cwd: ROOT,
    env: { ...process.env, CLARION_HOME: home, ...Object.fromEntries(ports) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    const run = await untilRunFile(join(home, 'run.json'))
    const firstPublishedAt = await untilPublished(run)
    const memoryBytes = await memoryOfGroup(child.pid ?? 0)
    return {
      seconds_to_first_post: round((firstPublishedAt - startedAt) / 1000),
      memory_gigabytes: round(memoryBytes / 1e9),
    }
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(home, { recursive: true, force: true })
  }
}

/** The part of run.json that is needed here; `npm start` writes it when the API is up. */
interface Run {
  api_url: string
  api_key: string
}

async function untilRunFile(path: string): Promise<Run> {
  return until(async () => {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : JSON.parse(text)
  })
}

/** Instant (epoch ms) at which the demo's first target was published. */
async function untilPublished(run: Run): Promise<number> {
  return until(async () => {
    const headers = { authorization: `Bearer ${run.api_key}` }
    const answer = await fetch(`${run.api_url}/v1/posts`, { headers }).catch(() => undefined)
    if (answer?.status !== 200) return undefined
    const { data }: { data: { targets: { published_at: string | null }[] }[] } = JSON.parse(
      await answer.text(),
    )
    const instants = data.flatMap((post) => post.targets.flatMap((t) => t.published_at ?? []))
    return instants.length > 0 ? Math.min(...instants.map(Date.parse)) : undefined
  })
}

/** Polls ten times a second for at most 300 s: the figures are in seconds. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = Date.now() + 300_000
  for (;;) {
    const value = await ask()
    if (value !== undefined) return value
    if (Date.now() > giveUpAt) throw new Error('npm start did not get there in 300 s')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Proportional set size of a process and all below it: shared pages count once. */
async function memoryOfGroup(root: number): Promise<number> {
  const pids = await descendants(root)
  const sizes = await Promise.all(pids.map(proportionalBytes))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** All processes below one, by Linux's /proc; one that ended meanwhile counts as none. */
async function descendants(root: number): Promise<number[]> {
  const path = `/proc/${root}/task/${root}/children`
  const text = await readFile(path, 'utf8').catch(() => '')
  const children = text.split(' ').filter(Boolean).map(Number)
  const deeper = await Promise.all(children.map(descendants))
  return [root, ...deeper.flat()]
}

/** https://docs.kernel.org/filesystems/proc.html, smaps_rollup. */
async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? '0'
  return Number(kilobytes) * 1024
}
