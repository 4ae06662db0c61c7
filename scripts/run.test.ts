import { spawn, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

/** A checkout in small: its one dependency is a `node` that tells how it was called. */
let root = ''
const FAKE_NODE = `#!/bin/sh
echo "called: $*"
[ "$3" = wait ] && exec sleep 60
exit 7
`

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'clarion-run-'))
  await mkdir(join(root, 'scripts'))
  await mkdir(join(root, 'fake-node'))
  await cp(join(import.meta.dirname, 'run.mjs'), join(root, 'scripts', 'run.mjs'))
  await writeFile(join(root, 'fake-node', 'node.sh'), FAKE_NODE, { mode: 0o755 })
  await writeJson('fake-node/package.json', { name: 'node', version: '1.0.0', bin: 'node.sh' })
  const dependencies = { node: 'file:fake-node' }
  await writeJson('package.json', { name: 'small', version: '1.0.0', dependencies })
  const npm = spawnSync('npm', ['install', '--package-lock-only', '--offline'], { cwd: root })
  expect(npm.status).toBe(0)
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(join(root, path), JSON.stringify(value))
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['scripts/run.mjs', ...args], { cwd: root, encoding: 'utf8' })
}

test('installs once, passes the arguments on and ends with the verb’s own code', async () => {
  const first = run('test', '--x', 'a b')
  expect(first.stderr).toContain('Installing packages')
  expect(first.stdout).toContain(`${join(root, 'scripts', 'test.ts')} --x a b`)
  expect(first.status).toBe(7)
  expect(run('demo').stderr).not.toContain('Installing')
})

test('installs again when the lockfile has changed', async () => {
  run('test')
  const lockfile = join(root, 'package-lock.json')
  const text = await readFile(lockfile, 'utf8')
  // Later than what is installed, as after a pull.
  const later = new Date(Date.now() + 60_000)
  await writeFile(lockfile, `${text}\n`)
  const { utimes } = await import('node:fs/promises')
  await utimes(lockfile, later, later)
  expect(run('test').stderr).toContain('Installing packages')
  expect(run('test').stderr).not.toContain('Installing packages')
})

test('an install that fails ends with one clear line and runs nothing', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'clarion-run-'))
  await cp(join(root, 'scripts'), join(broken, 'scripts'), { recursive: true })
  await writeFile(join(broken, 'package-lock.json'), 'broken')
  const result = spawnSync(process.execPath, ['scripts/run.mjs', 'test'], {
    cwd: broken,
    encoding: 'utf8',
  })
  expect(result.status).toBe(1)
  expect(result.stderr.trim().split('\n').at(-1)).toMatch(/npm ci did not succeed/)
  await rm(broken, { recursive: true, force: true })
})

test('an unknown verb is told the known ones', () => {
  const { status, stderr } = run('constructor')
  expect(stderr).toContain('start | demo | test')
  expect(status).toBe(1)
})

test('a signal reaches the verb, and its death is reported as shells do', async () => {
  run('test')
  const child = spawn(process.execPath, ['scripts/run.mjs', 'test', 'wait'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => {
    child.stdout.once('data', resolve)
  })
  child.kill('SIGTERM')
  const code = await new Promise((resolve) => {
    child.once('exit', resolve)
  })
  expect(code).toBe(128 + 15)
})

test.each([
  ['18.20.0', true],
  ['20.11.1', true],
  ['20.12.0', false],
  ['24.0.0', false],
])('Node %s is too old: %s', (version, tooOld) => {
  const script = `
    const { nodeProblem } = await import(${JSON.stringify(join(root, 'scripts', 'run.mjs'))})
    console.log(nodeProblem(${JSON.stringify(version)}) ?? 'fine')`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  expect(stdout.includes('Clarion needs Node 20.12')).toBe(tooOld)
})
