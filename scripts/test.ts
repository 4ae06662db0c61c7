/**
 * `npm test`: fetches the servers' programs, runs all tests, then the crash tests alone, because
 * those kill processes and need the machine to themselves. Arguments are passed on to jest. The
 * last line is `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { addCounts, type Counts, NO_COUNTS, readCounts, summaryLine } from './test-counts.ts'
import { temporalBinary, timeSkippingBinary, vaultBinary } from './tools/binaries.ts'
import { messageOf } from './tools/errno.ts'
import type { Progress, Tool } from './tools/obtain-tool.ts'
import { ToolMissing } from './tools/tool-missing.ts'

const ROOT = join(import.meta.dirname, '..')
const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js')
const CRASH_TESTS = join(ROOT, 'test', 'crash')

/** What shells answer after Ctrl-C. */
const INTERRUPTED = 130

let stopSignal: NodeJS.Signals | undefined

interface Run {
  counts: Counts
  code: number
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(messageOf(error))
  return 1
})

async function main(args: readonly string[]): Promise<number> {
  await provideTools()
  const dir = await mkdtemp(join(tmpdir(), 'clarion-results-'))
  try {
    const runs = [await runJest(join(dir, 'most.json'), mostTests(), args)]
    if (existsSync(CRASH_TESTS) && !interrupted()) {
      runs.push(await runJest(join(dir, 'crash.json'), crashTests(), args))
    }
    if (interrupted()) return INTERRUPTED
    const total = runs.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS)
    process.stdout.write(`${summaryLine(total)}\n`)
    if (total.passed + total.failed + total.skipped === 0) say('No test matches these arguments.')
    return total.passed + total.skipped === 0 ? 1 : Math.max(...runs.map(({ code }) => code))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Each run's variables name what was found, so that no test file searches again. */
async function provideTools(): Promise<void> {
  if (!process.env.TEMPORAL_ADDRESS) await provide('CLARION_TEMPORAL_BIN', temporalBinary)
  await provide('CLARION_TEMPORAL_TEST_SERVER_BIN', timeSkippingBinary)
  if (process.env.VAULT_ADDR) return
  await provide('CLARION_VAULT_BIN', vaultBinary).catch((error: unknown) => {
    // The Vault tests then report themselves as skipped, or fail in CI.
    if (!(error instanceof ToolMissing)) throw error
    say(error.message)
  })
}

async function provide(
  variable: string,
  obtain: (onProgress: Progress) => Promise<Tool>,
): Promise<void> {
  process.env[variable] = (await obtain(say)).path
}

function mostTests(): string[] {
  const workers = Math.max(2, Math.min(8, availableParallelism() - 1))
  const ignored = ['/node_modules/', '/\\.clarion/', '/test/crash/']
  return [`--maxWorkers=${workers}`, ...ignored.map((path) => `--testPathIgnorePatterns=${path}`)]
}

function crashTests(): string[] {
  return ['--runInBand', '--testMatch=<rootDir>/test/crash/**/*.test.ts']
}

async function runJest(
  resultFile: string,
  own: readonly string[],
  args: readonly string[],
): Promise<Run> {
  const fixed = ['--json', `--outputFile=${resultFile}`, '--passWithNoTests']
  // Before our own list options, which would otherwise swallow a path as one more value.
  const code = await runNode([JEST, ...args, ...fixed, ...own])
  return { code, counts: await readCounts(resultFile) }
}

function interrupted(): boolean {
  return stopSignal !== undefined
}

function runNode(args: readonly string[]): Promise<number> {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].join(' ').trim() },
    stdio: ['inherit', 'ignore', 'inherit'],
  })
  const forward = (signal: NodeJS.Signals) => {
    stopSignal = signal
    child.kill(signal)
  }
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      resolve(code ?? 1)
    })
  })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
