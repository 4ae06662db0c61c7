import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const MANIFESTS = ['package.json', 'package-lock.json']

/**
 * Installs a peer's own packages outside the checkout, once for each lockfile, and returns the
 * folder that holds its `node_modules`. Takes minutes the first time: native parts are compiled.
 */
export async function installPeer(peerFolder: string, name: string): Promise<string> {
  const cache = process.env.CLARION_CACHE ?? join(homedir(), '.cache', 'clarion')
  const target = join(cache, 'peers', `${name}-${await fingerprint(peerFolder)}`)
  if (existsSync(target)) return target
  const staging = `${target}.${process.pid}`
  await mkdir(staging, { recursive: true })
  try {
    for (const file of MANIFESTS) await cp(join(peerFolder, file), join(staging, file))
    await npmCi(staging)
    await publish(staging, target)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return target
}

/** Lockfile, Node's binary interface and machine: native modules fit no other combination. */
async function fingerprint(peerFolder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of MANIFESTS) hash.update(await readFile(join(peerFolder, file)))
  hash.update(`${process.versions.modules} ${process.platform} ${process.arch}`)
  return hash.digest('hex').slice(0, 16)
}

/** A rename is atomic; when another process was quicker, its folder is as good as ours. */
async function publish(staging: string, target: string): Promise<void> {
  try {
    await rename(staging, target)
  } catch (error) {
    if (!existsSync(target)) throw error
  }
}

function npmCi(folder: string): Promise<void> {
  process.stderr.write(`installing test peer into ${folder} (minutes, first time only)\n`)
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const child = npm?.endsWith('.js')
    ? spawn(process.execPath, [npm, ...args], { cwd: folder, env: npmEnv(), stdio: 'pipe' })
    : spawn('npm', args, { cwd: folder, env: npmEnv(), stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-4_000)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`npm ci ended with ${code}:\n${output}`))
    })
  })
}

/** npm and its scripts run under this very Node, and compile against its own headers. */
function npmEnv(): NodeJS.ProcessEnv {
  const bin = dirname(process.execPath)
  const packaged = join(bin, '..', 'node_modules', `node-${process.platform}-${process.arch}`)
  const headers = [join(bin, '..'), packaged].find((folder) =>
    existsSync(join(folder, 'include', 'node', 'node.h')),
  )
  return {
    ...process.env,
    NODE_OPTIONS: '',
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    ...(headers ? { npm_config_nodedir: headers } : {}),
  }
}
