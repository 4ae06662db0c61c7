import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PLATFORMS } from '../../domain/platforms.ts'
import { ROOT } from '../../scripts/start/settings.ts'
import { freePort, isPortFree } from '../../scripts/tools/free-port.ts'
import { makeApiClient } from '../support/api-client.ts'
import { waitUntil } from '../support/wait-until.ts'

const PORTS = ['PORT', 'SANDBOX_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT']
const LAUNCHER = join(ROOT, 'scripts', 'start', 'main.ts')

interface Run {
  child: ChildProcess
  output(): string
  /** The exit code. */
  ended: Promise<number | null>
}

let home: string
let ports: Record<string, string>
const runs: Run[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'clarion-start-'))
  const free = await Promise.all(PORTS.map(freePort))
  ports = Object.fromEntries(PORTS.map((name, index) => [name, String(free[index])]))
})

afterAll(async () => {
  for (const run of runs) {
    run.child.kill('SIGTERM')
    await run.ended
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}, 60_000)

test('npm run demo publishes everywhere, says so, and ends with 0', async () => {
  const demo = launch('demo')
  expect([await demo.ended, demo.output()]).toEqual([0, expect.any(String)])
  const rows = demo.output().matchAll(/^(\w+) +\S.*? +published +\S+Z/gm)
  expect([...rows].map(([, platform]) => platform).toSorted()).toEqual(PLATFORMS.toSorted())
}, 180_000)

test('npm start finds what was there, refuses a second one, and stops with Ctrl-C', async () => {
  const earlier = readRun()
  const start = launch('start')
  await waitUntil('the last screen', () => start.output().includes('Ctrl-C stops'), {
    deadlineMs: 90_000,
  })
  expect(start.output()).not.toContain('are due at')
  const run = readRun()
  expect(run).toMatchObject({
    api_key: earlier.api_key,
    tenant_id: earlier.tenant_id,
    console_url: null,
    vault_addr: null,
    pid: start.child.pid,
  })
  expect(statSync(join(home, 'run.json')).mode & 0o777).toBe(0o600)
  const api = makeApiClient(run.api_url, run.api_key)
  const { data } = await api.call<{ data: { status: string }[] }>('GET', '/v1/posts')
  expect(data.map(({ status }) => status)).toEqual(['published', 'published'])

  const second = launch('start')
  expect(await second.ended).toBe(1)
  expect(second.output().trim().split('\n')).toEqual([
    expect.stringMatching(/^Clarion already runs with .*: stop it there/),
  ])

  start.child.kill('SIGINT')
  // npm and the shell pass the same press on.
  start.child.kill('SIGINT')
  expect(await start.ended).toBe(0)
  const free = await Promise.all(Object.values(ports).map((port) => isPortFree(Number(port))))
  expect(free).toEqual(PORTS.map(() => true))
}, 180_000)

function launch(verb: 'start' | 'demo'): Run {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, CLARION_HOME: home, ...ports, ...programs() }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', LAUNCHER, verb], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const keep = (chunk: Buffer) => {
    printed += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const run = { child, output: () => printed, ended }
  runs.push(run)
  return run
}

/** Where the programs of this run were found. */
function programs(): Record<string, string> {
  const names = ['CLARION_TEMPORAL_BIN', 'CLARION_CACHE']
  return Object.fromEntries(names.flatMap((name) => pairOf(name, process.env[name])))
}

function pairOf(name: string, value: string | undefined): [string, string][] {
  return value ? [[name, value]] : []
}

function readRun() {
  const run: Record<'api_url' | 'api_key' | 'tenant_id', string> = JSON.parse(
    readFileSync(join(home, 'run.json'), 'utf8'),
  )
  return run
}
