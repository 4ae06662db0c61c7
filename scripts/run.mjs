/**
 * The verbs of package.json. Runs on the system's Node, before anything is installed: plain
 * JavaScript without dependencies. Installs packages when they are missing or older than the
 * lockfile, then hands over to the Node of node_modules, which runs TypeScript as it is.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MIN_NODE = [20, 12]
const STAMP = '.clarion-lock-hash'
const SAME_INSTALL_MS = 5_000

/** What each verb runs; `{node}` stands for the Node of node_modules. */
const VERBS = {
  start: ['{node}', 'scripts/start/main.ts', 'start'],
  demo: ['{node}', 'scripts/start/main.ts', 'demo'],
  test: ['{node}', 'scripts/test.ts'],
  check: ['{node}', 'scripts/check.ts'],
  fix: ['node_modules/.bin/biome', 'check', '--write', '.'],
  migrate: ['{node}', 'scripts/migrate.ts'],
  bench: ['{node}', 'bench/main.ts'],
  'keys:status': ['{node}', 'scripts/keys.ts', 'status'],
  'keys:rotate': ['{node}', 'scripts/keys.ts', 'rotate'],
}

/** One line that says why this Node is too old; undefined when it will do. */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [minMajor, minMinor] = MIN_NODE
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined
  return `Clarion needs Node ${MIN_NODE.join('.')} or newer, this is ${version}: https://nodejs.org`
}

/** The command line of a verb; undefined for an unknown one. */
export function commandOf(verb, args, root = ROOT) {
  if (!Object.hasOwn(VERBS, verb)) return undefined
  const [program, ...rest] = VERBS[verb]
  if (program !== '{node}') return [join(root, program), ...rest, ...args]
  const node = join(root, 'node_modules', '.bin', 'node')
  return [
    node,
    '--disable-warning=ExperimentalWarning',
    join(root, rest[0]),
    ...rest.slice(1),
    ...args,
  ]
}

/** Whether node_modules holds what package-lock.json says. */
export function isInstalled(root) {
  const stamp = join(root, 'node_modules', STAMP)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(root)) return true
  // Somebody ran npm by hand: it writes this file and the lockfile together.
  const npmsOwn = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(npmsOwn)) return false
  return mtimeMs(npmsOwn) + SAME_INSTALL_MS >= mtimeMs(join(root, 'package-lock.json'))
}

function mtimeMs(path) {
  return statSync(path).mtimeMs
}

export function stampInstalled(root) {
  writeFileSync(join(root, 'node_modules', STAMP), lockHash(root))
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function install(root) {
  console.error('Installing packages (npm ci, about a minute) …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status === 0) return
  const how = result.error ? result.error.message : `it ended with ${result.status}`
  fail(`npm ci did not succeed (${how}). Its lines above say why; then run this command again.`)
}

function run([program, ...args]) {
  // Before the child runs: a signal in between would end this process and leave the child behind.
  // In a terminal Ctrl-C reaches the child by itself; a second one would mean "at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit' })
  child.on('error', (error) => fail(`${program} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function fail(line) {
  console.error(line)
  process.exit(1)
}

function main() {
  const problem = nodeProblem(process.versions.node)
  if (problem) fail(problem)
  const [verb = '', ...args] = process.argv.slice(2)
  const command = commandOf(verb, args)
  if (!command) fail(`Usage: npm run ${Object.keys(VERBS).join(' | ')}`)
  if (!isInstalled(ROOT)) install(ROOT)
  stampInstalled(ROOT)
  if (!existsSync(command[0])) {
    fail(`${command[0]} is missing: delete node_modules and run this command again.`)
  }
  run(command)
}

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) main()
